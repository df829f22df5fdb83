namespace MeetOperator.Relay.Messages;

/// <summary>Says whether the publisher has muted a track.</summary>
/// <param name="Track">The number that the carrier gave the track.</param>
/// <param name="IsMuted">Whether it is muted now.</param>
public readonly record struct TrackMutedMessage(uint Track, bool IsMuted)
{
    /// <summary>Replaces a waiting message about the same track.</summary>
    public ulong Key => LinkMessage.KeyOf(LinkMessageType.TrackMuted, Track);

    public static bool TryRead(ReadOnlySpan<byte> bytes, out TrackMutedMessage message)
    {
        var reader = new LinkMessageReader(bytes, LinkMessageType.TrackMuted);
        message = new TrackMutedMessage(reader.ReadUInt32(), reader.ReadBoolean());
        return reader.TryEnd();
    }

    /// <summary>Returns the length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.TrackMuted);
        writer.WriteUInt32(Track);
        writer.WriteBoolean(IsMuted);
        return writer.Length;
    }
}
