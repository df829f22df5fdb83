using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>Calls media nodes for network checks, and turns their refusals into problems. Thread-safe.</summary>
internal sealed class CheckNodes(MediaNodes nodes, SignalingOptions options, SignalingMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    public async Task<T> CallAsync<T>(MediaAssignment assignment, Func<NodeControlClient, CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.Timings.NodeCallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await call(nodes.Client(assignment), linked.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (ProblemOf(e) is { } problem)
        {
            throw problem;
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure && !ct.IsCancellationRequested)
        {
            metrics.NodeFailed(failure.Reason);
            throw failure.Code == ErrorCode.InvalidSdp
                ? ProblemException.Invalid("sdp", failure.Message)
                : new ProblemException(ProblemCode.MediaNodeUnreachable, failure.Message) { RetryAfter = TimeSpan.FromSeconds(2) };
        }
    }

    /// <summary>
    /// The assignment of the media node on which a participant has sessions, the newest if there are two; null if none says so. Asks the nodes only if the meeting has several. One that does not
    /// answer counts as one that does not have the participant.
    /// </summary>
    public async Task<MediaAssignment?> FindAsync(MeetingView view, string participantId, CancellationToken ct)
    {
        MediaAssignment[] serving = [.. view.Serving.OrderByDescending(assignment => assignment.Generation)];
        if (serving.Length < 2)
        {
            return null;
        }

        var answers = await Task.WhenAll(serving.Select(assignment => HasAsync(assignment, view.Id, participantId, ct))).ConfigureAwait(false);
        return serving.Zip(answers).FirstOrDefault(static one => one.Second).First;
    }

    /// <summary>The problem for a refusal that belongs to network checks; null for any other one.</summary>
    internal static ProblemException? ProblemOf(NodeControlException refusal) => refusal switch
    {
        { Code: "unknown-check" or "unknown-room" } => new ProblemException(ProblemCode.UnknownCheck, "The network check has ended. Open another one."),
        { Code: "check-busy" or "full" or "draining" } => new ProblemException(ProblemCode.QuotaExceeded, $"The media node takes no network check now: {refusal.Message}") { RetryAfter = RetryAfter },
        { Code: "room-full" } => new ProblemException(ProblemCode.QuotaExceeded, "The network check has too many connections."),
        { Code: "too-many-new-tracks" } => ProblemException.TooMany(refusal.Message),
        { Code: "nothing-to-play" } => new ProblemException(ProblemCode.NotPublishing, "The connection sends nothing yet. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) },

        // A node that knows checks always names a code.
        { Status: HttpStatusCode.NotFound, Code: "refused" } => new ProblemException(ProblemCode.CheckUnavailable, "The media node of this meeting has an earlier version, without network checks."),
        _ => null,
    };

    private async Task<bool> HasAsync(MediaAssignment assignment, string meetingId, string participantId, CancellationToken ct)
    {
        try
        {
            var room = await CallAsync(assignment, (node, limit) => node.GetRoomAsync(meetingId, limit), ct).ConfigureAwait(false);
            return (room.ParticipantList ?? []).OfType<ParticipantReport>().Any(known => known.Participant == participantId && (known.SubscribeSession != string.Empty || known.Publishing));
        }
        catch (ProblemException)
        {
            return false;
        }
    }
}
