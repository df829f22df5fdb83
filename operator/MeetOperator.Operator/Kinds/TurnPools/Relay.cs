using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>One relay of a pool, as decisions need it. Immutable.</summary>
internal sealed record Relay
{
    public required string Name { get; init; }

    /// <summary>Whether its Pod was created from the current spec.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>Whether its Pod cannot run any more, so that it is replaced.</summary>
    public bool HasFailed { get; init; }

    /// <summary>Whether its Pod got its address a short time ago, and does not work yet.</summary>
    public bool IsStarting { get; init; }

    /// <summary>Whether its Pod is being deleted.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>Since when it drains; null while it takes participants.</summary>
    public DateTimeOffset? DrainSince { get; init; }

    /// <summary>Whether it answered in this reconcile, and works.</summary>
    public bool IsReady { get; init; }

    /// <summary>Whether it answered in this reconcile.</summary>
    public bool HasAnswered { get; init; }

    /// <summary>Whether it ran, and worked less than a minute ago or was first seen then. It may only be out of reach.</summary>
    public bool MayRecover { get; init; }

    public int Allocations { get; init; }

    /// <summary>Megabits per second in both directions, on average over the last minute.</summary>
    public double Mbps { get; init; }

    /// <summary>Whether it refuses more allocations.</summary>
    public bool IsFull { get; init; }

    /// <summary>How far its clock is ahead of the operator's; null while that is unknown.</summary>
    public TimeSpan? ClockAhead { get; init; }

    /// <summary>Why it refuses the certificate that it gets; null while it does not.</summary>
    public string? CertificateRefusal { get; init; }

    /// <summary>Its URLs; empty while its addresses are unknown.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Why it does not work; null while it does.</summary>
    public string? Problem { get; init; }

    /// <summary>Why its Pod does not run, and what to do; null while it runs or starts.</summary>
    public NodeFailure? Failure { get; init; }

    public bool IsLeaving => IsDeleted || DrainSince is not null;

    /// <summary>Whether participants get credentials for it.</summary>
    public bool TakesParticipants => IsReady && !IsLeaving && Urls.Count > 0;

    public TurnRelay Named => new(Name, Urls);
}
