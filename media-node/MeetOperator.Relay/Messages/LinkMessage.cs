namespace MeetOperator.Relay.Messages;

/// <summary>What all messages of a link have in common. Readers never throw; they accept exactly what docs/relay.md defines.</summary>
public static class LinkMessage
{
    /// <summary>Maximum number of layers of a track.</summary>
    public const int MaximumLayers = 8;

    /// <summary>Maximum length of a message in bytes.</summary>
    public const int MaximumLength = 1000;

    /// <summary>Reads the type. False when the message is empty or the type is unknown.</summary>
    public static bool TryReadType(ReadOnlySpan<byte> message, out LinkMessageType type)
    {
        type = message.IsEmpty ? 0 : (LinkMessageType)message[0];
        return type is >= LinkMessageType.TrackAdded and <= LinkMessageType.Bye;
    }

    /// <summary>Messages with the same key replace each other while they wait: only the latest is sent. They have the same type and are about the same track.</summary>
    internal static ulong KeyOf(LinkMessageType type, uint track = 0) => ((ulong)type << 32) | track;
}
