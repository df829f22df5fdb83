using System.Buffers.Binary;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Congestion;

/// <summary>A view of transport-wide feedback: the packets that arrived, and their arrival times (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).</summary>
public readonly ref struct TransportFeedback
{
    private const long ReferenceUnitTicks = 64 * TimeSpan.TicksPerMillisecond;

    /// <summary>Offset of the status chunks in the feedback control information.</summary>
    private const int FixedLength = 8;

    private readonly ReadOnlySpan<byte> _information;
    private readonly int _chunkLength;

    private TransportFeedback(ReadOnlySpan<byte> information, int chunkLength)
    {
        _information = information;
        _chunkLength = chunkLength;
    }

    public ushort BaseSequenceNumber => BinaryPrimitives.ReadUInt16BigEndian(_information);

    /// <summary>The number of packets that the feedback covers.</summary>
    public int PacketCount => BinaryPrimitives.ReadUInt16BigEndian(_information[2..]);

    /// <summary>The reference time of the receive deltas on the receiver's clock, in ticks. Wraps every 12 days.</summary>
    public long ReferenceTicks =>
        (BinaryPrimitives.ReadUInt32BigEndian(_information[4..]) >> 8) * ReferenceUnitTicks;

    /// <summary>A counter of feedback packets. A step of more than one means that feedback was lost.</summary>
    public byte FeedbackCount => _information[7];

    /// <summary>The packets in sequence number order.</summary>
    public TransportFeedbackPackets Packets => new(
        _information.Slice(FixedLength, _chunkLength), _information[(FixedLength + _chunkLength)..], BaseSequenceNumber, PacketCount, ReferenceTicks);

    /// <summary>Parses the feedback and checks that chunks and deltas for all packets are present.</summary>
    public static bool TryParse(scoped in FeedbackMessage message, out TransportFeedback feedback)
    {
        feedback = default;
        var information = message.Information;
        if ((message.Type, message.Format) != (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.TransportWideCongestion) || information.Length < FixedLength)
        {
            return false;
        }

        var remaining = (int)BinaryPrimitives.ReadUInt16BigEndian(information[2..]);
        var position = FixedLength;
        var deltaBytes = 0;
        while (remaining > 0)
        {
            if (position + 2 > information.Length)
            {
                return false;
            }

            var chunk = new StatusChunk(BinaryPrimitives.ReadUInt16BigEndian(information[position..]));
            var covered = Math.Min(remaining, chunk.Count);
            if (covered == 0)
            {
                return false; // an empty run would cause an endless loop
            }

            deltaBytes += chunk.DeltaBytes(covered);
            remaining -= covered;
            position += 2;
        }

        if (position + deltaBytes > information.Length)
        {
            return false;
        }

        feedback = new TransportFeedback(information, position - FixedLength);
        return true;
    }
}
