using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>
/// Determines the problem to return for a meeting that is missing in the informer cache: it never existed, it has ended (rows outlive Meeting objects), or its
/// state is currently unknown. Read-only.
/// </summary>
internal sealed class MeetingNotFound(IMeetingRepository rows, MeetingStateReader states, MeetingDirectory directory, Credentials credentials)
{
    public async Task<ProblemException> GetProblemAsync(HttpRequest request, string id, CancellationToken ct)
    {
        // Before the first sync every meeting is missing, so the caller must not be throttled.
        if (!directory.HasSynced)
        {
            return Unavailable("this server has just started and is still reading the meetings");
        }

        // Throttle callers that guess IDs before they cause database queries.
        var unknown = credentials.UnknownMeeting(request);
        if (unknown.Code != ProblemCode.UnknownMeeting)
        {
            return unknown;
        }

        return await ReadStateAsync(id, ct).ConfigureAwait(false) switch
        {
            MeetingState.Ended => new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended."),
            null when directory.IsCurrent => unknown,
            MeetingState.Live => Unavailable("this server has not received it from the Kubernetes API server yet"),
            _ => Unavailable("the Kubernetes API server does not respond"),
        };
    }

    private static ProblemException Unavailable(string reason) =>
        new(ProblemCode.Unavailable, $"The server cannot look up the meeting now: {reason}. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };

    /// <summary>Returns the state of the meeting, or null if it has no row.</summary>
    private async Task<MeetingState?> ReadStateAsync(string id, CancellationToken ct)
    {
        if (!Guid.TryParseExact(id, "D", out _) || await rows.FindByIdAsync(id, ct).ConfigureAwait(false) is not { } row)
        {
            return null;
        }

        // An open row may belong to a meeting whose object was deleted while it was empty, and an ended row to an earlier meeting with the same ID. Only the API
        // server is authoritative. While it is unavailable, an ended row counts as an ended meeting.
        var state = await states.ReadAsync(row, ct).ConfigureAwait(false);
        return row.Status == MeetingRowStatus.Ended && state == MeetingState.Unknown ? MeetingState.Ended : state;
    }
}
