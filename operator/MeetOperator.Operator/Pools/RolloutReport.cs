using System.Globalization;
using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Pools;

/// <summary>The condition Updated of a pool: which of its nodes are older than its template, and what they wait for. Pure.</summary>
internal static class RolloutReport
{
    public const string Replacing = "Replacing";
    public const string WaitsForMeetings = "WaitsForMeetings";
    public const string Paused = "RolloutPaused";

    /// <summary>Nodes that a message names before it only counts.</summary>
    private const int Named = 5;

    /// <param name="pool">Whose rollout.</param>
    /// <param name="counted">Its nodes without those that leave.</param>
    /// <param name="acts">True when nodes are made or drained now.</param>
    public static Condition Of(SfuPool pool, IReadOnlyList<PoolNode> counted, bool acts)
    {
        var outdated = counted.Where(node => !node.Current).OrderBy(node => node.Name, StringComparer.Ordinal).ToArray();
        var (reason, message) = Judge(pool.Spec.Rollout, counted, outdated, acts);
        return new Condition
        {
            Type = MeetConditions.Updated,
            Status = outdated.Length == 0 ? ConditionStatus.True : ConditionStatus.False,
            Reason = reason,
            Message = message,
            ObservedGeneration = pool.Metadata.Generation,
        };
    }

    private static (string Reason, string Message) Judge(SfuRollout rollout, IReadOnlyList<PoolNode> counted, PoolNode[] outdated, bool acts)
    {
        if (outdated.Length == 0)
        {
            return ("UpToDate", "all media nodes are made from the present template");
        }

        var which = string.Create(CultureInfo.InvariantCulture, $"{outdated.Length} of {counted.Count} media nodes are made from an older template");
        if (rollout.Paused)
        {
            return (Paused, $"{which} and stay: set spec.rollout.paused to false to replace them");
        }

        var waits = rollout.Type == RolloutType.WhenEmpty && !acts && counted.All(node => node.Ready) && !outdated.Any(node => node.Empty);
        return waits
            ? (WaitsForMeetings, $"{which}; each is replaced when its meetings have ended: {Names(outdated)}. New meetings go to other nodes where they can; spec.rollout.type Immediate moves them instead")
            : (Replacing, $"{which} and are being replaced");
    }

    private static string Names(PoolNode[] outdated)
    {
        var names = outdated.Take(Named).Select(node => string.Create(CultureInfo.InvariantCulture, $"{node.Name} ({node.Meetings} {(node.Meetings == 1 ? "meeting" : "meetings")})"));
        return string.Join(", ", names) + (outdated.Length > Named ? $" and {outdated.Length - Named} more" : string.Empty);
    }
}
