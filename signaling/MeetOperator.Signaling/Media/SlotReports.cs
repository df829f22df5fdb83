using MeetOperator.NodeControl;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Media;

/// <summary>Tells the nodes of one member which assignments of its slots the client has applied. Of several queued ones of a session, only the last reaches the node. Thread-safe.</summary>
internal sealed class SlotReports(MemberCalls calls, SignalingMetrics metrics)
{
    /// <summary>After this time, a confirmation that has failed is repeated.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private readonly SlotConfirmations _confirmations = new();

    /// <summary>Queues a confirmation. Ignores one that the client was not sent.</summary>
    /// <param name="applied">The confirmation.</param>
    /// <param name="nodes">Returns the sessions of the member on nodes that can be reached.</param>
    public void Confirm(SlotsAppliedMessage applied, Func<MemberNodes> nodes)
    {
        if (nodes().All.Any(sessions => sessions.HasSent(applied)) && _confirmations.TryEnqueue(applied))
        {
            calls.Post(() => _confirmations.Take(applied.SessionId) is { } newest ? SendAsync(newest, nodes) : Task.CompletedTask);
        }
    }

    /// <summary>
    /// Confirms the assignment on the node that has the session, unless the client has applied a later one of the session meanwhile, in whose place it might wait. The queue waits only for the
    /// newest node.
    /// </summary>
    private Task SendAsync(SlotsAppliedMessage applied, Func<MemberNodes> nodes)
    {
        var known = nodes();
        if (known.All.FirstOrDefault(candidate => candidate.SubscribeSession == applied.SessionId) is not { } sessions || !sessions.TryRecordApplied(applied))
        {
            return Task.CompletedTask;
        }

        if (sessions == known.Newest)
        {
            return SendAsync(sessions, applied, nodes, calls.Closed);
        }

        calls.RunBeside(sessions, "slots", ct => SendAsync(sessions, applied, nodes, ct));
        return Task.CompletedTask;
    }

    private async Task SendAsync(MemberSessions sessions, SlotsAppliedMessage applied, Func<MemberNodes> nodes, CancellationToken ct)
    {
        try
        {
            ct.ThrowIfCancellationRequested();
            await sessions.ConfirmSlotsAsync(applied, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            calls.Post(() => SendAsync(applied, nodes)); // the member has left the node, or stays on it after all
        }
        catch (NodeControlException e) when (NodeCallFailure.IsParticipantRemoved(e) || e.Status == System.Net.HttpStatusCode.NotFound)
        {
            // A host removed the participant; or the node is of an earlier version or has lost the participant, and a new session follows.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            metrics.NodeFailed(failure.Reason);
            _ = SendLaterAsync(applied, nodes); // the client confirms each version once, and the node waits for it
        }
    }

    private async Task SendLaterAsync(SlotsAppliedMessage applied, Func<MemberNodes> nodes)
    {
        await calls.DelayAsync(Retry).ConfigureAwait(false);
        calls.Post(() => SendAsync(applied, nodes));
    }
}
