using System.Globalization;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>
/// Judges a new template by test calls and by connections of participants. Time is counted in rounds of test calls, which are stored in the status, so that neither a jump of the
/// clock nor another leader changes how long a trial takes. Pure.
/// </summary>
internal static class CanaryRules
{
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    /// <summary>How long the nodes may take to get ready.</summary>
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(10);

    /// <summary>With fewer connections of participants, as many may fail as with this number: some fail because of the participant's own network.</summary>
    private const int FewJoins = 100;
    private const int MaxFailure = 512;

    /// <summary>Number of nodes that try the template.</summary>
    public static int NodesOf(SfuCanary canary, int replicas, int? maxSurge) => Math.Clamp(Math.Min(canary.Nodes, maxSurge ?? canary.Nodes), 1, Math.Max(1, replicas));

    /// <summary>The number of rounds of a trial.</summary>
    public static int RoundsOf(SfuCanary canary) => (int)(TimeSpan.FromMinutes(canary.Minutes) / Round);

    /// <summary>What has been observed after one more round.</summary>
    /// <param name="before">What has been observed before, or null.</param>
    /// <param name="canary">The limits.</param>
    /// <param name="nodes">The nodes that try the template, with the result of their test call; null when they cannot make any.</param>
    public static SfuCanaryStatus Observe(SfuCanaryStatus? before, SfuCanary canary, IReadOnlyList<(CanaryNode Node, CallReport? Call)> nodes)
    {
        var state = (before ?? new SfuCanaryStatus()) with
        {
            Nodes = [.. nodes.Select(entry => entry.Node.Name).Order(StringComparer.Ordinal)],
            Joins = Most(before?.Joins, nodes.Sum(entry => entry.Node.Joins ?? 0)),
            FailedJoins = Most(before?.FailedJoins, nodes.Sum(entry => entry.Node.FailedJoins ?? 0)),
        };
        if (!nodes.All(entry => entry.Node.IsReady))
        {
            return state with { WaitingRounds = state.WaitingRounds + 1 };
        }

        if (nodes.Count == 0)
        {
            return state;
        }

        foreach (var (node, call) in nodes)
        {
            if (call is null)
            {
                continue;
            }

            var failure = FindFailure(call, canary) is { } found ? $"{node.Name}: {found}" : null;
            state = state with
            {
                Calls = state.Calls + 1,
                FailedCalls = state.FailedCalls + (failure is null ? 0 : 1),
                MaxFirstFrameMs = Math.Max(state.MaxFirstFrameMs, call.FirstFrameMs ?? 0),
                LastFailure = failure is null ? state.LastFailure : failure.Length <= MaxFailure ? failure : failure[..MaxFailure],
            };
        }

        return state with { Rounds = state.Rounds + 1, WaitingRounds = 0 };
    }

    /// <summary>The result of the trial; null while it goes on. A trial that can no longer succeed ends early.</summary>
    /// <param name="canary">The limits.</param>
    /// <param name="state">What has been observed.</param>
    /// <param name="nodes">The nodes that try the template.</param>
    /// <param name="others">Connections of participants to nodes with the former template, and the failed ones. As many may fail in addition: the networks of participants are the reason for those.</param>
    public static CanaryVerdict? Judge(SfuCanary canary, SfuCanaryStatus state, IReadOnlyList<CanaryNode> nodes, (long Joins, long Failed) others)
    {
        if (nodes.FirstOrDefault(node => node.Failure is not null) is { } failed)
        {
            return new CanaryVerdict(false, $"media node {failed.Name} failed: {failed.Failure}");
        }

        if (state.WaitingRounds * Round >= ReadyTimeout && nodes.FirstOrDefault(node => !node.IsReady) is { } late)
        {
            return new CanaryVerdict(false, $"media node {late.Name} did not become ready within {ReadyTimeout.TotalMinutes:0} minutes: {late.Message}");
        }

        var rounds = RoundsOf(canary);
        if (IsTooMany(canary, state.FailedCalls, Math.Max(state.Calls, (long)rounds * nodes.Count), usual: 0))
        {
            return new CanaryVerdict(false, string.Create(CultureInfo.InvariantCulture, $"{state.FailedCalls} of {state.Calls} calls failed: {state.LastFailure}"));
        }

        var usual = (double)others.Failed / Math.Max(others.Joins, FewJoins);
        if (IsTooMany(canary, state.FailedJoins, Math.Max(state.Joins, FewJoins), usual))
        {
            var elsewhere = others.Failed == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"; on the media nodes with the former template {others.Failed} of {others.Joins}");
            return new CanaryVerdict(false, string.Create(CultureInfo.InvariantCulture, $"{state.FailedJoins} of {state.Joins} connections of participants failed{elsewhere}"));
        }

        return state.Rounds < rounds ? null
            : new CanaryVerdict(true, string.Create(CultureInfo.InvariantCulture, $"{state.Calls} calls and {state.Joins} connections of participants, {state.FailedCalls} and {state.FailedJoins} of them failed"));
    }

    private static bool IsTooMany(SfuCanary canary, int failed, long total, double usual) => failed * 100L > ((100 - canary.JoinSuccessPct) * total) + (usual * 100 * total);

    /// <summary>A process that has restarted counts from 0 again. What failed before must not be forgotten.</summary>
    private static int Most(int? before, long now) => (int)Math.Clamp(now, before ?? 0, int.MaxValue);

    private static string? FindFailure(CallReport call, SfuCanary canary) => call switch
    {
        { Problem: { } problem } => problem,
        { FirstFrameMs: null or < 0 } => "no media arrived",
        { FirstFrameMs: var late } when late > canary.FirstFrameMs => string.Create(CultureInfo.InvariantCulture, $"the first frame came after {late} ms, the limit is {canary.FirstFrameMs} ms"),
        _ => null,
    };
}
