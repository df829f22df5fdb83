using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Signaling.Protocol;

/// <summary>What a client says over its WebSocket: one of the sealed records of this folder.</summary>
public abstract record ClientMessage
{
    private protected ClientMessage()
    {
    }

    /// <summary>Reads one text frame. Never throws; unknown fields are tolerated, unknown types, duplicate keys and deep nesting are not.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8,
        [NotNullWhen(true)] out ClientMessage? message,
        [NotNullWhen(false)] out ProtocolError? error) => ClientMessageReader.TryRead(utf8, out message, out error);
}
