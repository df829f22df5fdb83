namespace MeetOperator.Contracts.TurnPools;

/// <summary>Protocols between clients and relays. Between relays and media nodes it is always UDP.</summary>
public enum TurnProtocol
{
    UDP,
    TCP,

    /// <summary>TLS over TCP.</summary>
    TLS,
}
