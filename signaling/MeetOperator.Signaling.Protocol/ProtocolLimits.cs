namespace MeetOperator.Signaling.Protocol;

/// <summary>Bounds of <c>docs/signaling-protocol.md</c>.</summary>
public static class ProtocolLimits
{
    /// <summary>Longest text frame and longest REST body, in bytes.</summary>
    public const int MaxMessageBytes = 64 * 1024;

    /// <summary>Deepest nesting of JSON.</summary>
    public const int MaxDepth = 8;

    /// <summary>Longest chat line, in UTF-16 code units (what <c>String.length</c> counts in JavaScript).</summary>
    public const int MaxChatLength = 4_000;
    public const int MaxIdLength = 64;
    public const int MaxDisplayNameLength = 100;
    public const int MaxTracks = 64;

    /// <summary>Longest <c>candidate</c> value, in bytes of JSON.</summary>
    public const int MaxCandidateBytes = 4 * 1024;

    /// <summary>The name under which the media session is addressed.</summary>
    public const string Sfu = "sfu";

    /// <summary>The WebSocket subprotocol that the server selects.</summary>
    public const string Subprotocol = "meet.v1";

    /// <summary>Subprotocol prefix that carries a ticket.</summary>
    public const string TicketSubprotocolPrefix = "ticket.";
}
