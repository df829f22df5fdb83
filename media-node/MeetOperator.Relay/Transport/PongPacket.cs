using System.Buffers.Binary;

namespace MeetOperator.Relay.Transport;

/// <summary>The data of a pong: 20 bytes (docs/relay.md).</summary>
/// <param name="SentAtTicks">From the ping.</param>
/// <param name="Sent">From the ping.</param>
/// <param name="Received">The number of RTP packets that the sender of the pong has received in this link; it wraps.</param>
/// <param name="Epoch">The highest epoch of the sender's secrets.</param>
/// <param name="AsksForSession">Whether the sender needs a new session because the present one is near a limit.</param>
internal readonly record struct PongPacket(long SentAtTicks, uint Sent, uint Received, ushort Epoch, bool AsksForSession)
{
    internal const int Length = 20;

    internal static bool TryRead(ReadOnlySpan<byte> data, out PongPacket pong)
    {
        pong = default;
        if (data.Length != Length)
        {
            return false;
        }

        pong = new PongPacket(
            BinaryPrimitives.ReadInt64BigEndian(data),
            BinaryPrimitives.ReadUInt32BigEndian(data[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(data[12..]),
            BinaryPrimitives.ReadUInt16BigEndian(data[16..]),
            (data[19] & PingPacket.AsksForSessionFlag) != 0);
        return true;
    }

    internal void Write(Span<byte> data)
    {
        BinaryPrimitives.WriteInt64BigEndian(data, SentAtTicks);
        BinaryPrimitives.WriteUInt32BigEndian(data[8..], Sent);
        BinaryPrimitives.WriteUInt32BigEndian(data[12..], Received);
        BinaryPrimitives.WriteUInt16BigEndian(data[16..], Epoch);
        BinaryPrimitives.WriteUInt16BigEndian(data[18..], AsksForSession ? PingPacket.AsksForSessionFlag : (ushort)0);
    }
}
