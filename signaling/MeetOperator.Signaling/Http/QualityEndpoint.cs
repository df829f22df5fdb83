using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Lists the stored quality reports of a meeting for its host and its tenant, during the meeting and as long as its rows are kept.</summary>
internal sealed class QualityEndpoint(Credentials credentials, IQualityRepository quality, ISurveyRepository survey, IMeetingRepository meetings)
{
    private const int PageParticipants = 100;

    public async Task<IResult> ListAsync(HttpRequest request, string id, string? after, CancellationToken ct)
    {
        var tenant = credentials.HostOrTenant(request, id);
        if (after is { Length: 0 or > ProtocolLimits.MaxIdLength })
        {
            throw ProblemException.Invalid("after", "must be the value of 'next' in an earlier response.");
        }

        // The same response for a meeting of another tenant and for one that does not exist.
        _ = await meetings.FindAsync(tenant, id, ct).ConfigureAwait(false) ?? throw credentials.UnknownMeeting(request);
        var lines = await quality.ListLinesAsync(tenant, id, after ?? string.Empty, PageParticipants, ct).ConfigureAwait(false);
        var tracks = lines.Count == 0 ? [] : await quality.ListTracksAsync(tenant, id, lines[0].ParticipantId, lines[^1].ParticipantId, ct).ConfigureAwait(false);
        var byReceiver = tracks.ToLookup(track => track.ParticipantId, StringComparer.Ordinal);
        var summary = SurveySummary.Of(await survey.CountAsync(tenant, id, ct).ConfigureAwait(false));
        return Results.Ok(new QualityResponse(id, summary, [.. lines.Select(line => ParticipantOf(line, byReceiver[line.ParticipantId]))], lines.Count == PageParticipants ? lines[^1].ParticipantId : null));
    }

    private static QualityResponse.Participant ParticipantOf(QualityLineRow line, IEnumerable<QualityTrackRow> tracks) => new(
        line.ParticipantId,
        line.DisplayName,
        At(line.UpdatedAt),
        line.Reports,
        line.RttMs,
        line.SendLoss,
        line.ReceiveLoss,
        line.SendKbps,
        line.ReceiveKbps,
        line.FirstFrameMs,
        line.Path,
        line.PathReason,
        new QualityResponse.LineAverage(line.RttReports == 0 ? null : line.SumRttMs / line.RttReports, line.SumSendLoss / line.Reports, line.SumReceiveLoss / line.Reports),
        [.. tracks.Select(TrackOf)]);

    private static QualityResponse.Track TrackOf(QualityTrackRow track) => new(
        track.SenderId,
        track.Source,
        At(track.UpdatedAt),
        track.Reports,
        track.Quality,
        track.Kbps,
        track.Loss,
        track.JitterMs,
        track.Frozen,
        track.FramesPerSecond,
        track.Height,
        new QualityResponse.TrackAverage(
            track.SumKbps / track.Reports, track.SumLoss / track.Reports, track.SumJitterMs / track.Reports, track.SumFrozen / track.Reports, (double)track.PoorReports / track.Reports));

    private static string At(long milliseconds) => WireTime.Format(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
