using MeetOperator.Kube.Runtime.Loops;

namespace MeetOperator.Kube.Runtime.Leadership;

/// <summary>Configures a <see cref="LeaderElection"/>.</summary>
public sealed record LeaderElectionOptions
{
    public required string Namespace { get; init; }

    /// <summary>Name of the Lease.</summary>
    public required string Name { get; init; }

    /// <summary>Unique identity of this process, for example the Pod name.</summary>
    public required string Identity { get; init; }

    /// <summary>Other processes may take over if the Lease was not renewed for this long.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A leader that cannot renew for this long stops leading. Must be shorter than <see cref="LeaseDuration"/>, so that two processes never lead at
    /// the same time.
    /// </summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between a renewal and the next one.</summary>
    public TimeSpan RenewPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Time between two attempts to acquire the Lease, and between a failed renewal and the next attempt. A process that waits learns of a renewal
    /// with this delay, so a leader that dies is replaced after at most <see cref="LeaseDuration"/> and this time.
    /// </summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Receives the heartbeats of the election; null disables them.</summary>
    public LoopHealth? Health { get; init; }

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Identity))
        {
            throw new ArgumentException("Identity must not be empty; use the Pod name.");
        }

        if (RenewDeadline >= LeaseDuration || RenewPeriod >= RenewDeadline || RetryPeriod > RenewPeriod || RetryPeriod <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"RetryPeriod ({RetryPeriod}) must be positive and at most RenewPeriod ({RenewPeriod}), which must be less than RenewDeadline ({RenewDeadline}), which must be less than LeaseDuration ({LeaseDuration}).");
        }
    }
}
