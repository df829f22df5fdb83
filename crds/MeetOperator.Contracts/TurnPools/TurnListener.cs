using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>One way in which clients reach the relays.</summary>
public sealed record TurnListener
{
    /// <summary>Protocol between clients and relays. Required; mutable, by replacing relays.</summary>
    [RequiredField]
    public TurnProtocol Protocol { get; init; }

    /// <summary>Port of the relays, 1024 to 65535. Default 3478; mutable, by replacing relays.</summary>
    [Range(1024, 65_535)]
    [Default("3478")]
    public int Port { get; init; } = 3478;
}
