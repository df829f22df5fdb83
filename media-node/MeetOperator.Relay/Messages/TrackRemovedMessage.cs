namespace MeetOperator.Relay.Messages;

/// <summary>Removes a track. Its number is not used again in the channel.</summary>
/// <param name="Track">The number that the carrier gave the track.</param>
public readonly record struct TrackRemovedMessage(uint Track)
{
    public static bool TryRead(ReadOnlySpan<byte> bytes, out TrackRemovedMessage message)
    {
        var reader = new LinkMessageReader(bytes, LinkMessageType.TrackRemoved);
        message = new TrackRemovedMessage(reader.ReadUInt32());
        return reader.TryEnd();
    }

    /// <summary>Returns the length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.TrackRemoved);
        writer.WriteUInt32(Track);
        return writer.Length;
    }
}
