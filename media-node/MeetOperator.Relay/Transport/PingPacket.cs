using System.Buffers.Binary;

namespace MeetOperator.Relay.Transport;

/// <summary>The data of a ping: 16 bytes (docs/relay.md).</summary>
/// <param name="SentAtTicks">The sender's monotonic clock. The other end returns it unchanged.</param>
/// <param name="Sent">The number of RTP packets that the sender has sent in this link; it wraps.</param>
/// <param name="Epoch">The highest epoch of the sender's secrets.</param>
/// <param name="AsksForSession">Whether the sender needs a new session because the present one is near a limit.</param>
internal readonly record struct PingPacket(long SentAtTicks, uint Sent, ushort Epoch, bool AsksForSession)
{
    internal const int Length = 16;

    /// <summary>The lowest bit of the last two bytes of a ping or pong. The others are 0 and ignored.</summary>
    internal const byte AsksForSessionFlag = 1;

    internal static bool TryRead(ReadOnlySpan<byte> data, out PingPacket ping)
    {
        ping = default;
        if (data.Length != Length)
        {
            return false;
        }

        ping = new PingPacket(
            BinaryPrimitives.ReadInt64BigEndian(data),
            BinaryPrimitives.ReadUInt32BigEndian(data[8..]),
            BinaryPrimitives.ReadUInt16BigEndian(data[12..]),
            (data[15] & AsksForSessionFlag) != 0);
        return true;
    }

    internal void Write(Span<byte> data)
    {
        BinaryPrimitives.WriteInt64BigEndian(data, SentAtTicks);
        BinaryPrimitives.WriteUInt32BigEndian(data[8..], Sent);
        BinaryPrimitives.WriteUInt16BigEndian(data[12..], Epoch);
        BinaryPrimitives.WriteUInt16BigEndian(data[14..], AsksForSession ? AsksForSessionFlag : (ushort)0);
    }
}
