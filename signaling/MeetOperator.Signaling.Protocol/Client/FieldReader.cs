using System.Text;
using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>Reads the fields of one message and records the first error. After an error, the returned values are placeholders and must not be used.</summary>
internal sealed class FieldReader(JsonElement root)
{
    public ProtocolError? Error { get; private set; }

    public string? Type()
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            Reject("A message must be one JSON object with a string field 'type'.");
            return null;
        }

        return Text("type", ProtocolLimits.MaxIdLength) is { Length: > 0 } type ? type : null;
    }

    public ClientMessage? UnknownType(string type)
    {
        Error ??= new ProtocolError(ErrorCode.UnknownType, $"'{(PlainText.IsCleanLine(type) ? type : "?")}' is not a message type. See docs/signaling-protocol.md.");
        return null;
    }

    public string Id(string name)
    {
        var id = Text(name, ProtocolLimits.MaxIdLength);
        if (Error is null && !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            Reject($"'{name}' must be 'sfu' or an ID that the server issued.");
        }

        return id;
    }

    public string Sdp()
    {
        var sdp = Text("sdp", ProtocolLimits.MaxSdpLength);
        if (Error is null && !SdpText.IsPlausible(sdp))
        {
            Error = new ProtocolError(ErrorCode.InvalidSdp, "'sdp' must be a session description that starts with 'v=0'.");
        }

        return sdp;
    }

    public string Chat()
    {
        var text = Text("message", ProtocolLimits.MaxChatLength);
        var clean = Error is null && PlainText.IsCleanText(text) ? PlainText.Clean(text) : string.Empty;
        if (Error is null && clean.Length is 0 or > ProtocolLimits.MaxChatLength)
        {
            Reject($"'message' must contain 1 to {ProtocolLimits.MaxChatLength} characters of visible text without control characters.");
        }

        return clean;
    }

    public string? Reference() => OptionalName("reference");

    /// <summary>The reference of a rejected message, or null if it is missing or invalid.</summary>
    public string? ReferenceOrNull() =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("reference", out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } name && IsName(name) ? name : null;

    public string? SessionId() => OptionalName("sessionId");

    public MediaType MediaType()
    {
        var name = Text("mediaType", ProtocolLimits.MaxIdLength);
        if (!WireName.TryParse<MediaType>(name, out var type) && Error is null)
        {
            Reject("'mediaType' must be 'audio' or 'video'.");
        }

        return type;
    }

    public bool Flag(string name)
    {
        if (!Optional(name, out var value))
        {
            return false;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Reject($"'{name}' must be true or false.");
            return false;
        }

        return value.GetBoolean();
    }

    public int? Revision()
    {
        if (!Optional("revision", out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var revision) && revision >= 0)
        {
            return revision;
        }

        Reject("'revision' must be the revision number of the offer, a non-negative integer.");
        return null;
    }

    /// <summary>The number of an assignment of slots.</summary>
    public int RequiredVersion()
    {
        if (root.TryGetProperty("version", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var version) && version >= 0)
        {
            return version;
        }

        Reject("'version' must be the version of the slots that were applied, a non-negative integer.");
        return 0;
    }

    /// <summary>The generation of a topology.</summary>
    public long Generation()
    {
        if (root.TryGetProperty("generation", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var generation) && generation >= 0)
        {
            return generation;
        }

        Reject("'generation' must be that of the last 'topology' message.");
        return 0;
    }

    public string Candidate()
    {
        if (!root.TryGetProperty("candidate", out var value)
            || value.ValueKind is not (JsonValueKind.String or JsonValueKind.Object or JsonValueKind.Null))
        {
            Reject("'candidate' must be an RTCIceCandidateInit, a string, or null for the end of candidates.");
            return "null";
        }

        var raw = value.GetRawText();
        if (Encoding.UTF8.GetByteCount(raw) > ProtocolLimits.MaxCandidateBytes)
        {
            Reject($"'candidate' must have at most {ProtocolLimits.MaxCandidateBytes} bytes.");
        }

        return raw;
    }

    /// <summary>A flag in <c>capabilities</c>. Unknown capabilities are ignored.</summary>
    public bool Capability(string name)
    {
        if (!Optional("capabilities", out var capabilities))
        {
            return false;
        }

        if (capabilities.ValueKind != JsonValueKind.Object)
        {
            Reject("'capabilities' must be an object.");
            return false;
        }

        return capabilities.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
    }

    /// <summary>A flag in <c>muted</c> of <c>join</c>; false if it is absent.</summary>
    public bool Muted(string kind)
    {
        if (!Optional("muted", out var muted))
        {
            return false;
        }

        if (muted.ValueKind != JsonValueKind.Object || (muted.TryGetProperty(kind, out var flag) && flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False)))
        {
            Reject("'muted' must be an object with the flags 'audio' and 'video'.");
            return false;
        }

        return flag.ValueKind == JsonValueKind.True;
    }

    public IReadOnlyList<PublishedTrack> Tracks()
    {
        if (!Optional("tracks", out var value))
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ProtocolLimits.MaxTracks)
        {
            Reject($"'tracks' must be a list of at most {ProtocolLimits.MaxTracks} entries.");
            return [];
        }

        var tracks = new List<PublishedTrack>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("mid", out var mid) || mid.ValueKind != JsonValueKind.String
                || mid.GetString() is not { Length: > 0 and <= ProtocolLimits.MaxIdLength } midText
                || !item.TryGetProperty("source", out var source) || source.ValueKind != JsonValueKind.String
                || !WireName.TryParse<TrackSource>(source.GetString(), out var trackSource))
            {
                Reject("Each entry of 'tracks' must be {mid, source}, where source is microphone, camera, screen or screen-audio.");
                return [];
            }

            tracks.Add(new PublishedTrack(midText, trackSource));
        }

        return tracks;
    }

    public IReadOnlyList<ViewedTrack> Views()
    {
        if (!root.TryGetProperty("tracks", out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ProtocolLimits.MaxViews)
        {
            Reject($"'tracks' must be a list of at most {ProtocolLimits.MaxViews} entries.");
            return [];
        }

        var views = new List<ViewedTrack>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("participantId", out var participant) || participant.ValueKind != JsonValueKind.String
                || participant.GetString() is not { } id || !IsName(id)
                || !item.TryGetProperty("source", out var source) || source.ValueKind != JsonValueKind.String
                || !WireName.TryParse<TrackSource>(source.GetString(), out var trackSource) || trackSource is not (TrackSource.Camera or TrackSource.Screen)
                || !TryReadPixels(item, "width", out var width) || !TryReadPixels(item, "height", out var height)
                || !TryReadFlag(item, "pinned", out var isPinned))
            {
                Reject($"Each entry of 'tracks' must be {{participantId, source, width, height, pinned?}}, where source is camera or screen, width and height are whole numbers from 1 to {ProtocolLimits.MaxViewPixels}, and pinned is true or false.");
                return [];
            }

            views.Add(new ViewedTrack(id, trackSource, width, height, isPinned));
        }

        return views;
    }

    public IReadOnlyList<string> Pinned()
    {
        if (!Optional("pinned", out var value))
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > ProtocolLimits.MaxViews
            || value.EnumerateArray().Any(id => id.ValueKind != JsonValueKind.String || !IsName(id.GetString()!)))
        {
            Reject($"'pinned' must be a list of at most {ProtocolLimits.MaxViews} participant IDs.");
            return [];
        }

        return [.. value.EnumerateArray().Select(id => id.GetString()!)];
    }

    public QualityMessage Quality() => new QualityReader(root, Reject).Read();

    /// <summary>True for what can be an ID or a reference.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= ProtocolLimits.MaxIdLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>The public key of a client that can encrypt end to end.</summary>
    public string? IdentityKey()
    {
        if (root.TryGetProperty("identityKey", out var value) && E2eeFields.IsIdentityKey(value))
        {
            return value.GetString();
        }

        Reject($"'identityKey' must be an uncompressed P-256 point in base64url ({ProtocolLimits.IdentityKeyLength} characters), because 'capabilities' has 'e2ee'.");
        return null;
    }

    public IReadOnlyList<E2eePayload> E2eePayloads()
    {
        if (root.TryGetProperty("keys", out var value) && E2eeFields.ReadPayloads(value) is { } payloads)
        {
            return payloads;
        }

        Reject($"'keys' must be a list of 1 to {ProtocolLimits.MaxE2eeKeys} entries {{to, payload}} for different participants, where payload is base64url of at most {ProtocolLimits.MaxE2eePayloadLength} characters.");
        return [];
    }

    private static bool TryReadPixels(JsonElement item, string name, out int pixels)
    {
        pixels = 0;
        return item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out pixels) && pixels is >= 1 and <= ProtocolLimits.MaxViewPixels;
    }

    /// <summary>Reads an optional flag. False when it is neither true nor false.</summary>
    private static bool TryReadFlag(JsonElement item, string name, out bool flag)
    {
        flag = item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
        return flag || value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False;
    }

    private string? OptionalName(string name)
    {
        if (!Optional(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && IsName(text))
        {
            return text;
        }

        Reject($"'{name}' must be 1 to {ProtocolLimits.MaxIdLength} letters, digits, '-' or '_'.");
        return null;
    }

    private bool Optional(string name, out JsonElement value) => root.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private string Text(string name, int maxLength)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            Reject($"'{name}' is missing or not a string.");
            return string.Empty;
        }

        var text = value.GetString() ?? string.Empty;
        if (text.Length == 0 || text.Length > maxLength)
        {
            Reject($"'{name}' must have 1 to {maxLength} characters.");
            return string.Empty;
        }

        return text;
    }

    private void Reject(string message) => Error ??= new ProtocolError(ErrorCode.BadMessage, message);
}
