using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>
/// What to answer about a meeting that this instance does not see: that there never was one, that it is over (rows outlive objects), or that this is
/// not known now. It only reads.
/// </summary>
public sealed class AbsentMeetings(IMeetingRepository rows, MeetingLives lives, MeetingDirectory directory, Credentials credentials)
{
    public async Task<ProblemException> ExplainAsync(HttpRequest request, string id, CancellationToken ct)
    {
        // Before the first reading every meeting is absent here; callers are not to blame.
        if (!directory.HasSynced)
        {
            return NotKnown("this server has just started and has not read the meetings yet");
        }

        // Counted first: who guesses ids is slowed down before he costs the database anything.
        var unknown = credentials.UnknownMeeting(request);
        if (unknown.Code != ProblemCode.UnknownMeeting)
        {
            return unknown;
        }

        return await LifeAsync(id, ct).ConfigureAwait(false) switch
        {
            MeetingLife.Over => new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended."),
            null when directory.IsCurrent => unknown,
            MeetingLife.Live => NotKnown("this server has not seen it yet"),
            _ => NotKnown("the Kubernetes API server does not answer"),
        };
    }

    private static ProblemException NotKnown(string why) =>
        new(ProblemCode.Unavailable, $"Whether the meeting exists is not known now: {why}.") { RetryAfter = TimeSpan.FromSeconds(2) };

    /// <summary>Null when there is no row.</summary>
    private async Task<MeetingLife?> LifeAsync(string id, CancellationToken ct)
    {
        if (!Guid.TryParseExact(id, "D", out _) || await rows.FindByIdAsync(id, ct).ConfigureAwait(false) is not { } row)
        {
            return null;
        }

        // An open row may belong to a meeting whose object went while nobody was in it; an ended row may belong to an earlier meeting with the id. Only the
        // API server knows. While it does not answer, an ended row is believed.
        var life = await lives.AskAsync(row, ct).ConfigureAwait(false);
        return row.Status == MeetingRowStatus.Ended && life == MeetingLife.Unknown ? MeetingLife.Over : life;
    }
}
