using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// How long the meeting may stay on nodes that are Leaving. The time counts from the moment at which this replica learned of it, because the clock of the operator, which
/// wrote the deadline, may differ. Thread-safe.
/// </summary>
internal sealed class LeaveDeadlines(TimeProvider time)
{
    /// <summary>Bounds of what a deadline can mean when it is first seen. The operator sets at most the longer one.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>With less time left on a node, nobody begins to use it if there is another one. Two connections take seconds on a busy machine.</summary>
    public static readonly TimeSpan LeastUsable = TimeSpan.FromSeconds(5);

    private volatile IReadOnlyDictionary<RoomKey, (long Since, TimeSpan Time)> _leaving = new Dictionary<RoomKey, (long, TimeSpan)>();

    /// <summary>Records which nodes are Leaving with a deadline. Not called concurrently.</summary>
    public void Update(IEnumerable<MediaAssignment> assignments)
    {
        var former = _leaving;
        _leaving = assignments.Where(assignment => assignment.Deadline is not null).ToDictionary(
            assignment => assignment.Key,
            assignment => former.TryGetValue(assignment.Key, out var known) ? known : (time.GetTimestamp(), Clamp(assignment.Deadline!.Value - time.GetUtcNow())));
    }

    /// <summary>The time that is left on a node, at least zero; null when it is not Leaving, or has no deadline.</summary>
    public TimeSpan? LeftOn(RoomKey room) =>
        !_leaving.TryGetValue(room, out var leaving) ? null
        : leaving.Time - time.GetElapsedTime(leaving.Since) is { Ticks: > 0 } left ? left
        : TimeSpan.Zero;

    /// <summary>Whether so little time is left on a node that nobody should begin to use it (<see cref="LeastUsable"/>).</summary>
    public bool IsNear(RoomKey room) => LeftOn(room) < LeastUsable;

    /// <summary>The shortest time that is left on a node; null when none has a deadline.</summary>
    public TimeSpan? Least() => _leaving.Keys.Select(LeftOn).Min();

    private static TimeSpan Clamp(TimeSpan left) => left < Shortest ? Shortest : left > Longest ? Longest : left;
}
