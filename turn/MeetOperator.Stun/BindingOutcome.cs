namespace MeetOperator.Stun;

/// <summary>How a binding exchange ended.</summary>
public enum BindingOutcome
{
    /// <summary>A response with the transaction ID of the request arrived.</summary>
    Answered,

    /// <summary>No valid response arrived in time: a firewall drops packets, nobody listens there, or the response came from another address.</summary>
    NoAnswer,

    /// <summary>The other end, or a firewall, refused the connection or the datagram; or it accepted a connection and closed it.</summary>
    Refused,

    /// <summary>TCP works, and TLS fails.</summary>
    TlsFailed,

    /// <summary>This machine has no route to addresses of this family, so nothing was measured.</summary>
    NoRoute,
}
