using System.Globalization;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.NodeSets;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>The Updated condition of a pool: which of its nodes have an older template, and what their replacement waits for. Pure.</summary>
internal static class RolloutReport
{
    public const string Replacing = "Replacing";
    public const string WaitsForMeetings = "WaitsForMeetings";
    public const string Paused = "RolloutPaused";
    public const string NoPorts = "NoPortsForSurge";
    public const string Trial = "Canary";
    public const string RolledBack = "RolledBack";

    /// <summary>Number of nodes that a message names before it gives only a count.</summary>
    private const int Named = 5;

    /// <param name="pool">The pool.</param>
    /// <param name="counted">Its nodes without those that are draining.</param>
    /// <param name="plan">What is done with the nodes now.</param>
    /// <param name="draining">Names of outdated nodes whose meetings are moving.</param>
    /// <param name="state">The state of the rollout, or null.</param>
    public static Condition Of(SfuPool pool, IReadOnlyList<PoolNode> counted, NodeSetPlan plan, IReadOnlyList<string> draining, SfuRolloutStatus? state)
    {
        var outdated = counted.Where(node => !node.IsCurrent).OrderBy(node => node.Name, StringComparer.Ordinal).ToArray();
        var isRolledBack = state?.Phase == RolloutPhase.RolledBack;
        var (reason, message) = isRolledBack ? (RolledBack, SummarizeRollback(state!)) : state?.Phase == RolloutPhase.Canary && !pool.Spec.Rollout.Paused && plan is not { LacksSpare: true, HasChanges: false } ? (Trial, SummarizeTrial(pool.Spec.Rollout, state)) : Summarize(pool.Spec, counted, outdated, plan, draining);
        return new Condition
        {
            Type = MeetConditions.Updated,
            Status = outdated.Length == 0 && !isRolledBack ? ConditionStatus.True : ConditionStatus.False,
            Reason = reason,
            Message = message,
            ObservedGeneration = pool.Metadata.Generation,
        };
    }

    private static (string Reason, string Message) Summarize(SfuPoolSpec spec, IReadOnlyList<PoolNode> counted, PoolNode[] outdated, NodeSetPlan plan, IReadOnlyList<string> draining)
    {
        if (outdated.Length == 0)
        {
            return ("UpToDate", "all media nodes have the current template");
        }

        var rollout = spec.Rollout;
        var which = string.Create(CultureInfo.InvariantCulture, $"{outdated.Length} of {counted.Count} media nodes have an older template");
        if (rollout.Paused)
        {
            var finishing = draining.Count == 0 ? string.Empty : $"; draining until empty: {Join(draining)}";
            return (Paused, $"{which} and are kept: set spec.rollout.paused to false to replace them{finishing}");
        }

        if (rollout.Type == RolloutType.Migrate)
        {
            return SummarizeMigration(spec, counted, which, plan, draining);
        }

        var waits = rollout.Type == RolloutType.WhenEmpty && !plan.HasChanges && counted.All(node => node.IsReady) && !outdated.Any(node => node.IsEmpty);
        return waits
            ? (WaitsForMeetings, $"{which}; each is replaced when its meetings have ended: {Names(outdated)}. New meetings go to other nodes if possible. To move meetings instead of waiting, set spec.rollout.type to Migrate")
            : (Replacing, $"{which} and are being replaced");
    }

    private static string SummarizeRollback(SfuRolloutStatus state) =>
        $"the new template (image {state.Image}) was rolled back: {RolloutRules.ReasonOf(state)}. Media nodes keep the former template (image {state.Stable?.Image}). Change the template, or remove spec.rollout.canary to roll it out without a trial";

    private static string SummarizeTrial(SfuRollout rollout, SfuRolloutStatus state) => string.Create(CultureInfo.InvariantCulture,
        $"the new template is tried for {rollout.Canary?.Minutes} minutes before other media nodes are replaced; on: {(state.Canary is { Nodes: [_, ..] nodes } ? Join(nodes) : "none yet")}");

    private static (string Reason, string Message) SummarizeMigration(SfuPoolSpec spec, IReadOnlyList<PoolNode> counted, string which, NodeSetPlan plan, IReadOnlyList<string> draining)
    {
        if (plan is { LacksSpare: true, HasChanges: false } && draining.Count == 0)
        {
            var range = spec.Exposure.PortRange;
            return (NoPorts, string.Create(CultureInfo.InvariantCulture,
                $"{which}, and no cluster node has free UDP ports in {range.Min}-{range.Max} for an extra one: each is replaced when its meetings have ended. To move meetings instead of waiting, widen spec.exposure.portRange"));
        }

        var starting = counted.Where(node => node is { IsCurrent: true, IsReady: false }).Select(node => node.Name).Order(StringComparer.Ordinal).ToArray();
        return (Replacing, $"{which} and are being replaced{(draining.Count == 0 ? string.Empty : $"; draining: {Join(draining)}")}{(starting.Length == 0 ? string.Empty : $"; not ready yet: {Join(starting)}")}");
    }

    private static string Names(PoolNode[] outdated) =>
        Join([.. outdated.Select(node => string.Create(CultureInfo.InvariantCulture, $"{node.Name} ({node.Assigned} {(node.Assigned == 1 ? "meeting" : "meetings")})"))]);

    private static string Join(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Named)) + (names.Count > Named ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - Named} more") : string.Empty);
}
