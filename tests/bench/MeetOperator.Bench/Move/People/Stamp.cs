using System.Buffers.Binary;

namespace MeetOperator.Bench.Move.People;

/// <summary>Stands at the end of each packet: whose it is, the number of the frame, which of its packets it is, and when it was sent (<see cref="Crowd.KernelTicks"/>).</summary>
internal readonly record struct Stamp(ushort Person, uint Frame, byte Packet, byte Packets, long SentAt)
{
    public const int Bytes = 16;

    public static Stamp Read(ReadOnlySpan<byte> packet)
    {
        var end = packet[^Bytes..];
        return new Stamp(BinaryPrimitives.ReadUInt16BigEndian(end), BinaryPrimitives.ReadUInt32BigEndian(end[2..]), end[6], end[7], BinaryPrimitives.ReadInt64BigEndian(end[8..]));
    }

    public void Write(Span<byte> payload)
    {
        var end = payload[^Bytes..];
        BinaryPrimitives.WriteUInt16BigEndian(end, Person);
        BinaryPrimitives.WriteUInt32BigEndian(end[2..], Frame);
        (end[6], end[7]) = (Packet, Packets);
        BinaryPrimitives.WriteInt64BigEndian(end[8..], SentAt);
    }
}
