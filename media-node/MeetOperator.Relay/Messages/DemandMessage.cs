namespace MeetOperator.Relay.Messages;

/// <summary>Says which layers of a track the other end wants now. Demanding a layer asks for a key frame.</summary>
/// <param name="Track">The number that the carrier gave the track.</param>
/// <param name="Layers">Bit i stands for the i-th layer of <see cref="TrackAddedMessage.Layers"/>; 0 for none. Audio uses bit 0.</param>
public readonly record struct DemandMessage(uint Track, byte Layers)
{
    /// <summary>Replaces a waiting message about the same track.</summary>
    public ulong Key => LinkMessage.KeyOf(LinkMessageType.Demand, Track);

    public static bool TryRead(ReadOnlySpan<byte> bytes, out DemandMessage message)
    {
        var reader = new LinkMessageReader(bytes, LinkMessageType.Demand);
        message = new DemandMessage(reader.ReadUInt32(), reader.ReadByte());
        return reader.TryEnd();
    }

    /// <summary>Returns the length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.Demand);
        writer.WriteUInt32(Track);
        writer.WriteByte(Layers);
        return writer.Length;
    }
}
