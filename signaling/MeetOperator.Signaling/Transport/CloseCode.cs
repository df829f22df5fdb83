namespace MeetOperator.Signaling.Transport;

/// <summary>
/// Why the server ends a connection (<c>docs/signaling-protocol.md</c>). The numbers are the close codes of WebSockets (RFC 6455, section 7.4, and its registry);
/// 4000 and above belong to the application.
/// </summary>
public enum CloseCode
{
    Normal = 1000,
    Rejected = 1008,
    TooLarge = 1009,

    /// <summary>The server restarts, and the client should reconnect.</summary>
    Restart = 1012,

    /// <summary>The client reads too slowly, and should reconnect later.</summary>
    TooSlow = 1013,

    /// <summary>The participant has a newer connection.</summary>
    Replaced = 4000,
}
