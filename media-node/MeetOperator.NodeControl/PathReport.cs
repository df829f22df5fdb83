namespace MeetOperator.NodeControl;

/// <summary>Whether a node reaches its own port through an advertised address, that is, through port mapping and firewall.</summary>
public sealed record PathReport
{
    public required string Address { get; init; }

    /// <summary>As <see cref="LoopReport.ProbeAgeMs"/>. Null until the first answer arrives on this path, because not every network routes a Pod's traffic back to the Pod.</summary>
    public long? ProbeAgeMs { get; init; }
}
