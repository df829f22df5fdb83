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

    /// <summary>Returns the length, or 0 when it does not fit.</summary>
    /// <exception cref="ArgumentException">A value that a reader would refuse. The parameter name is the field.</exception>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.Heard);
        writer.WriteCount(Microphones.Count, 0, MaximumMicrophones, nameof(Microphones));
        foreach (var microphone in Microphones)
        {
            writer.WriteUInt32(microphone.Track);
            writer.WriteByte(microphone.Level, MaximumLevel, nameof(microphone.Level));
            writer.WriteBoolean(microphone.IsSpeaking);
            writer.WriteUInt32(microphone.SinceMilliseconds);
            writer.WriteUInt32(microphone.LastMilliseconds);
        }

        return writer.Length;
    }
}
