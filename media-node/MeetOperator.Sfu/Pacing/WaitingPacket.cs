using System.Buffers.Binary;

namespace MeetOperator.Sfu.Pacing;

/// <summary>A packet in a <see cref="PacketQueue"/>, not encrypted yet.</summary>
/// <param name="Buffer">Header and payload; longer than the packet.</param>
/// <param name="HeaderLength">The length of the header in bytes.</param>
/// <param name="Length">The length of the packet in bytes.</param>
/// <param name="NumberOffset">The offset of the transport-wide sequence number in the header; 0 without one.</param>
/// <param name="IsKeyFrame">Whether the packet belongs to a key frame.</param>
/// <param name="Record">Where the encrypted packet is kept for retransmission.</param>
internal readonly record struct WaitingPacket(byte[] Buffer, int HeaderLength, int Length, int NumberOffset, bool IsKeyFrame, PacketRecord Record)
{
    public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(Buffer.AsSpan(8));

    public Span<byte> Header => Buffer.AsSpan(0, HeaderLength);

    public ReadOnlySpan<byte> Payload => Buffer.AsSpan(HeaderLength, Length - HeaderLength);
}
