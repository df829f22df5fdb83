namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>One way to the media node, as the client reports it.</summary>
internal sealed record CheckedRung
{
    /// <summary><c>udp</c>, <c>tcp</c>, <c>relay-udp</c>, <c>relay-tcp</c>, <c>relay-tls</c> or <c>tunnel</c>.</summary>
    public string? Path { get; init; }

    /// <summary><c>ipv4</c>, <c>ipv6</c> or <c>unknown</c>.</summary>
    public string? Family { get; init; }

    /// <summary><c>connected</c> or <c>failed</c>.</summary>
    public string? Result { get; init; }
}
