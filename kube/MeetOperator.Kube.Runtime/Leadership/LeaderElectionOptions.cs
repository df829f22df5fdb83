namespace MeetOperator.Kube.Runtime;

/// <summary>Which Lease is competed for, and how fast leadership moves.</summary>
public sealed record LeaderElectionOptions
{
    public required string Namespace { get; init; }

    /// <summary>Name of the Lease.</summary>
    public required string Name { get; init; }

    /// <summary>Unique among all that compete, for example the Pod's name.</summary>
    public required string Identity { get; init; }

    /// <summary>Others take over when the Lease was not renewed for this long.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that could not renew for this long stops leading; must be shorter than <see cref="LeaseDuration"/>, so that two never lead at once.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between two tries to acquire or renew.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where the election says that it goes round; null when nobody asks.</summary>
    public LoopHealth? Health { get; init; }

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Identity))
        {
            throw new ArgumentException("Identity must not be empty; use the Pod's name.");
        }

        if (RenewDeadline >= LeaseDuration || RetryPeriod >= RenewDeadline || RetryPeriod <= TimeSpan.Zero)
        {
            throw new ArgumentException($"RetryPeriod ({RetryPeriod}) < RenewDeadline ({RenewDeadline}) < LeaseDuration ({LeaseDuration}) must hold.");
        }
    }
}
