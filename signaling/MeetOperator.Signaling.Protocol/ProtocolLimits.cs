namespace MeetOperator.Signaling.Protocol;

/// <summary>The limits that <c>docs/signaling-protocol.md</c> defines.</summary>
public static class ProtocolLimits
{
    /// <summary>Maximum size of a text frame in bytes. The longest session description fits after JSON escaping.</summary>
    public const int MaxMessageBytes = 512 * 1024;

    /// <summary>
    /// Maximum length of a session description in characters. Chromium's answer to the media of 100 participants (200 sections) has 200,000; the rest is
    /// for shared screens and for the unused sections of participants who left.
    /// </summary>
    public const int MaxSdpLength = 384 * 1024;

    /// <summary>Maximum size of a relayed text frame in bytes. A session description for two participants has a few thousand.</summary>
    public const int MaxRelayedBytes = 32 * 1024;

    /// <summary>Maximum size of a JSON request body in bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>Maximum nesting depth of JSON.</summary>
    public const int MaxDepth = 8;

    /// <summary>Maximum length of a chat message in UTF-16 code units (JavaScript's <c>String.length</c>).</summary>
    public const int MaxChatLength = 4_000;
    public const int MaxIdLength = 64;
    public const int MaxDisplayNameLength = 100;
    public const int MaxTracks = 64;

    /// <summary>Maximum number of recipients of an <c>e2ee-keys</c> message.</summary>
    public const int MaxE2eeKeys = 100;

    /// <summary>Maximum length of the payload for one recipient of an <c>e2ee-keys</c> message in characters.</summary>
    public const int MaxE2eePayloadLength = 256;

    /// <summary>Length of an identity key: an uncompressed P-256 point of 65 bytes in base64url without padding.</summary>
    public const int IdentityKeyLength = 87;

    /// <summary>Maximum number of tracks in a <c>view</c>.</summary>
    public const int MaxViews = 200;

    /// <summary>Maximum number of tracks in a quality report.</summary>
    public const int MaxReportedTracks = 64;

    /// <summary>Maximum number of entries in <c>pathFailures</c> of a quality report.</summary>
    public const int MaxPathFailures = 16;

    /// <summary>Maximum number of connections in one entry of <c>pathFailures</c>.</summary>
    public const int MaxPathFailureCount = 64;

    /// <summary>Maximum size of a report about a problem in bytes: two minutes of statistics of a meeting with some 20 tracks.</summary>
    public const int MaxReportBytes = 256 * 1024;

    /// <summary>Maximum number of measurements in a report about a problem. Pages measure every two seconds.</summary>
    public const int MaxReportSamples = 130;

    /// <summary>Maximum length of what a person writes into a report about a problem, in UTF-16 code units.</summary>
    public const int MaxReportTextLength = 2_000;

    /// <summary>Maximum length of what a person writes into the survey, in UTF-16 code units.</summary>
    public const int MaxSurveyTextLength = 1_000;
    public const int MaxBrowserLength = 400;
    public const int MaxReportsOfParticipant = 10;
    public const int MaxReportsOfMeeting = 200;

    /// <summary>Maximum width and height of a shown track in device pixels.</summary>
    public const int MaxViewPixels = 16_384;

    /// <summary>Maximum size of a <c>candidate</c> value in bytes of JSON.</summary>
    public const int MaxCandidateBytes = 4 * 1024;

    /// <summary>The value of <c>to</c> and <c>from</c> that addresses the SFU.</summary>
    public const string Sfu = "sfu";

    /// <summary>The WebSocket subprotocol that the server selects.</summary>
    public const string Subprotocol = "meet.v1";

    /// <summary>Prefix of the subprotocol that carries a ticket.</summary>
    public const string TicketSubprotocolPrefix = "ticket.";
}
