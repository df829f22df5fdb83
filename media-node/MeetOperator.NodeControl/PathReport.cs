namespace MeetOperator.NodeControl;

/// <summary>Whether a node reaches its own port under an address that clients are told: through port mapping and firewall.</summary>
public sealed record PathReport
{
    public required string Address { get; init; }

    /// <summary>As <see cref="LoopReport.ProbeAgeMs"/>. Null as long as no answer ever came this way: not every network leads a Pod back to itself.</summary>
    public long? ProbeAgeMs { get; init; }
}
