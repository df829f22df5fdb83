namespace MeetOperator.Signaling.Protocol;

/// <summary>Bounds of <c>docs/signaling-protocol.md</c>.</summary>
public static class ProtocolLimits
{
    /// <summary>Longest text frame, in bytes: the longest session description, escaped in JSON, fits.</summary>
    public const int MaxMessageBytes = 512 * 1024;

    /// <summary>
    /// Longest session description, in characters. Chromium answers the media of 100 people (200 sections) with 200,000; there is room for shared
    /// screens and for sections of people who left.
    /// </summary>
    public const int MaxSdpLength = 384 * 1024;

    /// <summary>Longest text frame that is relayed to a participant, in bytes: with the session description of two people it has a few thousand.</summary>
    public const int MaxRelayedBytes = 32 * 1024;

    /// <summary>Longest REST body of JSON, in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024;

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
