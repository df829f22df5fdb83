using System.Collections.Concurrent;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>Makes the test calls of pools that try a new template: one on each of their new nodes in every round. A reconcile does not wait for them.</summary>
internal sealed class PoolCanaries(NodeClients clients, TimeProvider time)
{
    /// <summary>A node that has not answered by then counts as failed.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<NamespacedName, CanaryRound> _rounds = new();

    /// <summary>Whether results of test calls are outstanding.</summary>
    public bool IsCalling(NamespacedName pool) => _rounds.TryGetValue(pool, out var round) && round.Calls is not null;

    public void Forget(NamespacedName pool) => _rounds.TryRemove(pool, out _);

    /// <summary>The state after another round, if one has ended, and the verdict, if there is one. Starts the next round when it is due.</summary>
    public async Task<(SfuCanaryStatus? State, CanaryVerdict? Verdict)> ObserveAsync(
        NamespacedName pool, SfuCanary canary, SfuCanaryStatus? before, IReadOnlyList<(PoolNode Node, NodeView? View)> nodes, CancellationToken ct)
    {
        var tried = nodes.Where(entry => entry.Node is { IsCurrent: true, IsLeaving: false } && !IsCordoned(entry)).Select(entry => (Node: Describe(entry), entry.View?.Target)).ToArray();
        CanaryNode[] described = [.. tried.Select(entry => entry.Node)];
        NodeReport[] others = [.. nodes.Where(entry => !entry.Node.IsCurrent).Select(entry => entry.View?.Report).OfType<NodeReport>()];
        var usual = (others.Sum(report => report.Connections ?? 0), others.Sum(report => report.FailedConnections ?? 0));
        if (!_rounds.TryGetValue(pool, out var round) || (round.Calls is null && time.GetElapsedTime(round.Started) >= CanaryRules.Round))
        {
            var ready = described.All(node => node.IsReady);
            round = new CanaryRound(time.GetTimestamp(), CallAsync(ready ? [.. tried.Select(entry => (entry.Node.Name, entry.Target))] : [], ct));
            _rounds[pool] = round;
        }

        var state = before;
        if (round.Calls is { IsCompleted: true } calls)
        {
            _rounds[pool] = round with { Calls = null };
            var results = await calls.ConfigureAwait(false);
            state = described.Any(node => node.Failure is not null) ? before : CanaryRules.Observe(before, canary, [.. described.Select(node => (node, results.GetValueOrDefault(node.Name)))]);
        }

        return (state, CanaryRules.Judge(canary, state ?? new SfuCanaryStatus(), described, usual));
    }

    /// <summary>A node on a cordoned cluster node is replaced by another one, and says nothing about the template.</summary>
    private static bool IsCordoned((PoolNode Node, NodeView? View) entry) => entry.View?.Decision.Reason == NodeStateRules.MachineCordoned;

    internal static CanaryNode Describe((PoolNode Node, NodeView? View) entry)
    {
        var (node, view) = entry;
        var failure = node.State == SfuNodeState.Unhealthy || node.IsDead || node.IsOutOfService ? view?.Decision.Message ?? "it is gone" : null;
        var isStarting = view?.Report?.State == NodeState.Starting; // It answers before its warm-up is over, but makes no test calls until then.
        var isSilent = node.IsReady && view?.Report is null; // After a change of leader, its status is known before its first report.
        var message = isStarting ? "it is still warming up" : isSilent ? "it has not reported yet" : view?.Decision.Message ?? "it is being created";
        return new CanaryNode(node.Name, node.IsReady && !isStarting && !isSilent, failure, message, view?.Report?.Connections, view?.Report?.FailedConnections);
    }

    private async Task<Dictionary<string, CallReport?>> CallAsync((string Name, PollTarget? Target)[] nodes, CancellationToken ct)
    {
        var calls = await Task.WhenAll(nodes.Select(node => node.Target is { } target ? CallAsync(target, ct) : Task.FromResult<CallReport?>(null))).ConfigureAwait(false);
        return nodes.Zip(calls).ToDictionary(entry => entry.First.Name, entry => entry.Second);
    }

    /// <summary>Null when the node's version cannot make test calls.</summary>
    private async Task<CallReport?> CallAsync(PollTarget target, CancellationToken ct)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bounded.CancelAfter(Timeout);
        try
        {
            return await clients.Of(target).CallAsync(bounded.Token).ConfigureAwait(false);
        }
        catch (NodeControlException unknown) when (unknown.Status is System.Net.HttpStatusCode.NotFound or System.Net.HttpStatusCode.MethodNotAllowed)
        {
            return null;
        }
        catch (NodeControlException busy) when (busy.Code is "stale-term")
        {
            return null; // Another operator leads, and this result is not stored.
        }
        catch (Exception failed) when (failed is NodeControlException or HttpRequestException or IOException or System.Text.Json.JsonException)
        {
            return new CallReport { Problem = failed.Message };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new CallReport { Problem = $"no answer within {Timeout.TotalSeconds:0} s" };
        }
    }
}
