namespace MeetOperator.Relay.Messages;

/// <summary>Says that an end forgets the link. It is sent once and not in the ordered channel, because its sender keeps nothing to send it again with.</summary>
/// <param name="Reason">Why.</param>
public readonly record struct ByeMessage(ByeReason Reason)
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 4;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out ByeMessage message)
    {
        var reader = new LinkMessageReader(bytes, LinkMessageType.Bye);
        message = new ByeMessage((ByeReason)reader.ReadByte((int)ByeReason.Shutdown));
        reader.Require(reader.ReadUInt16() == 0);
        return reader.TryEnd();
    }

    /// <summary>Returns the length, or 0 when it does not fit.</summary>
    /// <exception cref="ArgumentException">A value that a reader would refuse. The parameter name is the field.</exception>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.Bye);
        writer.WriteByte((int)Reason, (int)ByeReason.Shutdown, nameof(Reason));
        writer.WriteUInt16(0);
        return writer.Length;
    }
}
