using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Features.Quality;

/// <summary>
/// The reports of one meeting that are not in the database yet, added up for each participant and track. Its size depends only on who is in the meeting: a report about
/// others is left out. Not thread-safe.
/// </summary>
internal sealed class QualityLedger(MeetingKey key)
{
    private Dictionary<string, QualityLineRow> _lines = new(StringComparer.Ordinal);
    private Dictionary<(string, string, TrackSource), QualityTrackRow> _tracks = [];

    public bool IsEmpty => _lines.Count == 0;

    /// <summary>Adds a report of the participant. <c>isPresent</c> tells whether a participant is in the meeting.</summary>
    public void Add(string participantId, QualityMessage report, long now, Func<string, bool> isPresent)
    {
        var line = new QualityLineRow
        {
            Tenant = key.Tenant,
            MeetingId = key.MeetingId,
            ParticipantId = participantId,
            UpdatedAt = now,
            RttMs = report.RttMs,
            SendLoss = report.SendLoss,
            ReceiveLoss = report.ReceiveLoss,
            SendKbps = report.SendKbps,
            ReceiveKbps = report.ReceiveKbps,
            FirstFrameMs = report.FirstFrameMs,
            Path = report.Path is { } path ? WireName.Of(path) : null,
            PathReason = report.PathReason is { } reason ? WireName.Of(reason) : null,
            Reports = 1,
            RttReports = report.RttMs is null ? 0 : 1,
            SumRttMs = report.RttMs ?? 0,
            SumSendLoss = report.SendLoss,
            SumReceiveLoss = report.ReceiveLoss,
        };
        _lines[participantId] = _lines.TryGetValue(participantId, out var earlier) ? earlier.Add(line) : line;
        foreach (var track in report.Tracks.Where(track => track.ParticipantId != participantId && isPresent(track.ParticipantId)))
        {
            var id = (participantId, track.ParticipantId, track.Source);
            var row = RowOf(participantId, track, now);
            _tracks[id] = _tracks.TryGetValue(id, out var before) ? before.Add(row) : row;
        }
    }

    /// <summary>Returns all rows and forgets them.</summary>
    public QualityRows Take()
    {
        var taken = new QualityRows(_lines.Values, _tracks.Values);
        _lines = new(StringComparer.Ordinal);
        _tracks = [];
        return taken;
    }

    private QualityTrackRow RowOf(string participantId, ReportedTrack track, long now) => new()
    {
        Tenant = key.Tenant,
        MeetingId = key.MeetingId,
        ParticipantId = participantId,
        SenderId = track.ParticipantId,
        Source = WireName.Of(track.Source),
        UpdatedAt = now,
        Quality = WireName.Of(track.Quality),
        Kbps = track.Kbps,
        Loss = track.Loss,
        JitterMs = track.JitterMs,
        Frozen = track.Frozen,
        FramesPerSecond = track.FramesPerSecond,
        Height = track.Height,
        Reports = 1,
        PoorReports = track.Quality is ReceivedQuality.Poor or ReceivedQuality.Paused ? 1 : 0,
        SumKbps = track.Kbps,
        SumLoss = track.Loss,
        SumJitterMs = track.JitterMs,
        SumFrozen = track.Frozen,
    };
}
