using MeetOperator.Contracts.Connectivity;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>An immutable copy of one node's state, for the controllers.</summary>
internal sealed record NodeView
{
    public required NodeStateDecision Decision { get; init; }
    public required int Meetings { get; init; }

    /// <summary>Zone of the cluster node; null if it has none, or is not known.</summary>
    public string? Zone { get; init; }

    /// <summary>How long the node has had no meeting; zero while it has one.</summary>
    public TimeSpan WithoutMeetingsFor { get; init; }
    public NodeReport? Report { get; init; }
    public DateTimeOffset? LastSeen { get; init; }
    public PollTarget? Target { get; init; }

    /// <summary>What the pool says about how participants may reach the node; null when the pool does not exist.</summary>
    public ConnectivityRule? Connectivity { get; init; }

    /// <summary>The current time for the drain deadline.</summary>
    public DateTimeOffset DrainNow { get; init; }

    /// <summary>True when the deadline of a forced drain has passed, so that connected participants are not waited for.</summary>
    public bool IsForcedDrainDue { get; init; }

    /// <summary>True when the node has reported at least once, to this operator or to an earlier one.</summary>
    public bool HasServed { get; init; }

    /// <summary>Number of the node's consecutive Pods, including the current one, whose credentials were rejected.</summary>
    public int UntrustedPods { get; init; }

    /// <summary>The stress according to the last report; 0 without one.</summary>
    public double Stress { get; init; }

    /// <summary>True when the stress has been above the pool's threshold for some time (<see cref="StressWatch"/>).</summary>
    public bool IsOverloaded { get; init; }

    /// <summary>True when the pool must create a replacement.</summary>
    public bool IsLost { get; init; }

    /// <summary>True when the operator cannot reach the node and nothing else shows that it has failed.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>True when the node is unreachable and is expected to answer again.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>True when other nodes can take each of its meetings, checked one by one. Known only while the node is unreachable and not awaited.</summary>
    public bool HasPlacesElsewhere { get; init; }

    /// <summary>True when no participant can still be connected to the node.</summary>
    public bool IsDead { get; init; }

    public static NodeView Of(FleetNode entry, int meetings, TimeProvider time)
    {
        var facts = entry.Facts(meetings, time);
        var now = time.GetUtcNow();
        var isUnreachable = NodeLossRules.IsUnreachable(facts, entry.Decision, now);
        return new NodeView
        {
            Decision = entry.Decision,
            Zone = entry.ClusterNode?.Zone,
            Meetings = facts.Meetings,
            WithoutMeetingsFor = facts.Meetings == 0 && entry.WithoutMeetingsSince is { } left ? time.GetElapsedTime(left) : TimeSpan.Zero,
            Report = entry.Report,
            LastSeen = entry.LastSeen,
            Target = entry.Target,
            Connectivity = entry.Pool?.Spec.Connectivity.Rule,
            HasServed = facts.HasServed,
            UntrustedPods = facts.UntrustedPods,
            Stress = entry.Stress.Stress,
            IsOverloaded = entry.Stress.IsOverloaded,
            DrainNow = entry.DrainNow(now, time),
            IsForcedDrainDue = NodeStateRules.IsForcedDrainDue(entry.Node, entry.Pool, entry.DrainNow(now, time)),
            IsLost = NodeLossRules.IsLost(facts, entry.Decision, entry.UnhealthyFor(time), now),
            IsUnreachable = isUnreachable,
            IsAwaited = isUnreachable && NodeLossRules.IsAwaited(facts, entry.SilentFor(time)),
            HasPlacesElsewhere = entry.HasPlacesElsewhere,
            IsDead = NodeLossRules.IsDead(facts, entry.Decision, now),
        };
    }
}
