using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>A message from a client over its WebSocket: one of the sealed records in this folder.</summary>
public abstract record ClientMessage
{
    private protected ClientMessage()
    {
    }

    /// <summary>Parses one text frame. Never throws. Ignores unknown fields; rejects unknown types, duplicate keys and deep nesting.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8,
        [NotNullWhen(true)] out ClientMessage? message,
        [NotNullWhen(false)] out ProtocolError? error) => ClientMessageReader.TryRead(utf8, out message, out error);
}
