using System.Globalization;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>The Updated condition of a pool: which of its nodes have an older template, and what their replacement waits for. Pure.</summary>
internal static class RolloutReport
{
    public const string Replacing = "Replacing";
    public const string WaitsForMeetings = "WaitsForMeetings";
    public const string Paused = "RolloutPaused";

    /// <summary>Number of nodes that a message names before it gives only a count.</summary>
    private const int Named = 5;

    /// <param name="pool">The pool.</param>
    /// <param name="counted">Its nodes without those that are draining.</param>
    /// <param name="acts">True when nodes are being created or drained.</param>
    public static Condition Of(SfuPool pool, IReadOnlyList<PoolNode> counted, bool acts)
    {
        var outdated = counted.Where(node => !node.IsCurrent).OrderBy(node => node.Name, StringComparer.Ordinal).ToArray();
        var (reason, message) = Summarize(pool.Spec.Rollout, counted, outdated, acts);
        return new Condition
        {
            Type = MeetConditions.Updated,
            Status = outdated.Length == 0 ? ConditionStatus.True : ConditionStatus.False,
            Reason = reason,
            Message = message,
            ObservedGeneration = pool.Metadata.Generation,
        };
    }

    private static (string Reason, string Message) Summarize(SfuRollout rollout, IReadOnlyList<PoolNode> counted, PoolNode[] outdated, bool acts)
    {
        if (outdated.Length == 0)
        {
            return ("UpToDate", "all media nodes have the current template");
        }

        var which = string.Create(CultureInfo.InvariantCulture, $"{outdated.Length} of {counted.Count} media nodes have an older template");
        if (rollout.Paused)
        {
            return (Paused, $"{which} and are kept: set spec.rollout.paused to false to replace them");
        }

        var waits = rollout.Type == RolloutType.WhenEmpty && !acts && counted.All(node => node.IsReady) && !outdated.Any(node => node.IsEmpty);
        return waits
            ? (WaitsForMeetings, $"{which}; each is replaced when its meetings have ended: {Names(outdated)}. New meetings go to other nodes if possible. To move meetings instead of waiting, set spec.rollout.type to Immediate")
            : (Replacing, $"{which} and are being replaced");
    }

    private static string Names(PoolNode[] outdated)
    {
        var names = outdated.Take(Named).Select(node => string.Create(CultureInfo.InvariantCulture, $"{node.Name} ({node.Assigned} {(node.Assigned == 1 ? "meeting" : "meetings")})"));
        return string.Join(", ", names) + (outdated.Length > Named ? $" and {outdated.Length - Named} more" : string.Empty);
    }
}
