namespace MeetOperator.Relay.Messages;

/// <summary>The loudest microphones of the sender's room. Replaces what an earlier message said.</summary>
public sealed record HeardMessage
{
    /// <summary>Maximum number of microphones.</summary>
    public const int MaximumMicrophones = 8;

    private const int MaximumLevel = 127;

    /// <summary>At most 8.</summary>
    public required IReadOnlyList<RelayedSpeech> Microphones { get; init; }

    /// <summary>Replaces a waiting message.</summary>
    public static ulong Key => LinkMessage.KeyOf(LinkMessageType.Heard);

    /// <summary>Reads a message; null and false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HeardMessage? message)
    {
        var reader = new LinkMessageReader(bytes, LinkMessageType.Heard);
        var microphones = new RelayedSpeech[reader.ReadCount(0, MaximumMicrophones)];
        for (var i = 0; i < microphones.Length; i++)
        {
            microphones[i] = new RelayedSpeech(reader.ReadUInt32(), reader.ReadByte(MaximumLevel), reader.ReadBoolean(), reader.ReadUInt32(), reader.ReadUInt32());
        }

        message = reader.TryEnd() ? new HeardMessage { Microphones = microphones } : null;
        return message is not null;
    }

    /// <summary>Returns the length, or 0 when it does not fit or has too many microphones.</summary>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.Heard);
        writer.Require(Microphones.Count <= MaximumMicrophones);
        writer.WriteByte(Microphones.Count);
        foreach (var microphone in Microphones)
        {
            writer.WriteUInt32(microphone.Track);
            writer.Require(microphone.Level <= MaximumLevel);
            writer.WriteByte(microphone.Level);
            writer.WriteByte(microphone.IsSpeaking ? 1 : 0);
            writer.WriteUInt32(microphone.SinceMilliseconds);
            writer.WriteUInt32(microphone.LastMilliseconds);
        }

        return writer.Length;
    }
}
