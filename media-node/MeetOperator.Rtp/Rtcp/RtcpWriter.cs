using System.Buffers.Binary;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>
/// Writes a compound packet. Every Add method returns false and changes nothing when the packet does not fit. The first packet
/// should be a report because strict receivers require one (RFC 3550 §6.1).
/// </summary>
public ref struct RtcpWriter(Span<byte> destination)
{
    private const byte CanonicalNameItem = 1;
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _destination[..Length];

    public bool AddSenderReport(
        uint ssrc, ulong ntpTimestamp, uint rtpTimestamp, uint packetCount, uint octetCount, params ReadOnlySpan<ReportBlock> reports)
    {
        if (reports.Length > 31)
        {
            return false;
        }

        var body = Begin(RtcpPacketType.SenderReport, reports.Length, SenderReport.BodyLength + (reports.Length * ReportBlock.Length));
        if (body.IsEmpty)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(body[4..], ntpTimestamp);
        BinaryPrimitives.WriteUInt32BigEndian(body[12..], rtpTimestamp);
        BinaryPrimitives.WriteUInt32BigEndian(body[16..], packetCount);
        BinaryPrimitives.WriteUInt32BigEndian(body[20..], octetCount);
        WriteReports(body[SenderReport.BodyLength..], reports);
        return true;
    }

    public bool AddReceiverReport(uint ssrc, params ReadOnlySpan<ReportBlock> reports)
    {
        if (reports.Length > 31)
        {
            return false;
        }

        var body = Begin(RtcpPacketType.ReceiverReport, reports.Length, 4 + (reports.Length * ReportBlock.Length));
        if (body.IsEmpty)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
        WriteReports(body[4..], reports);
        return true;
    }

    /// <summary>Adds an SDES packet with one chunk, which holds a CNAME of at most 255 bytes.</summary>
    public bool AddCanonicalName(uint ssrc, scoped ReadOnlySpan<byte> name)
    {
        if (name.Length > 255)
        {
            return false;
        }

        var body = Begin(RtcpPacketType.SourceDescription, 1, (4 + 2 + name.Length + 4) & ~3);
        if (body.IsEmpty)
        {
            return false;
        }

        body.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
        body[4] = CanonicalNameItem;
        body[5] = (byte)name.Length;
        name.CopyTo(body[6..]);
        return true;
    }

    public bool AddGoodbye(params ReadOnlySpan<uint> sources)
    {
        if (sources.Length is 0 or > 31)
        {
            return false;
        }

        var body = Begin(RtcpPacketType.Goodbye, sources.Length, sources.Length * 4);
        for (var i = 0; i < sources.Length && !body.IsEmpty; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body[(i * 4)..], sources[i]);
        }

        return !body.IsEmpty;
    }

    /// <summary>Adds an extended report with a receiver reference time (RFC 3611 §4.4). The peer returns it with the delay since it arrived.</summary>
    public bool AddReferenceTime(uint ssrc, ulong ntpTimestamp)
    {
        if (!TryBeginExtendedReport(ssrc, ExtendedReport.ReferenceTimeBlock, ExtendedReport.ReferenceTimeBlockLength, out var block))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt64BigEndian(block, ntpTimestamp);
        return true;
    }

    /// <summary>Adds an extended report that returns a reference time without delay (RFC 3611 §4.5).</summary>
    /// <param name="ssrc">The sender of media.</param>
    /// <param name="receiver">The SSRC that sent the reference time.</param>
    /// <param name="referenceMiddle">The middle 32 bits of the reference time.</param>
    public bool AddReferenceReply(uint ssrc, uint receiver, uint referenceMiddle)
    {
        if (!TryBeginExtendedReport(ssrc, ExtendedReport.DelayBlock, ExtendedReport.BlockHeaderLength + ExtendedReport.DelayEntryLength, out var block))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(block, receiver);
        BinaryPrimitives.WriteUInt32BigEndian(block[4..], referenceMiddle);
        BinaryPrimitives.WriteUInt32BigEndian(block[8..], 0);
        return true;
    }

    /// <summary>Adds an application-defined packet (RFC 3550 §6.7).</summary>
    /// <param name="subtype">0 to 31.</param>
    /// <param name="ssrc">The sender.</param>
    /// <param name="name">Four ASCII characters, the first in the high byte.</param>
    /// <param name="data">The content. It is padded with zeros to a multiple of four bytes.</param>
    public bool AddApplicationDefined(byte subtype, uint ssrc, uint name, scoped ReadOnlySpan<byte> data)
    {
        if (subtype > 31)
        {
            return false;
        }

        var padded = (data.Length + 3) & ~3;
        var body = Begin(RtcpPacketType.ApplicationDefined, subtype, ApplicationDefinedPacket.DataOffset + padded);
        if (body.IsEmpty)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], name);
        data.CopyTo(body[ApplicationDefinedPacket.DataOffset..]);
        body[(ApplicationDefinedPacket.DataOffset + data.Length)..].Clear();
        return true;
    }

    public bool AddPictureLoss(uint senderSsrc, uint mediaSsrc) =>
        !BeginFeedback(RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.PayloadPictureLoss, senderSsrc, mediaSsrc, 0, out _).IsEmpty;

    /// <summary>Adds a generic NACK. The sequence numbers must be in ascending order (modulo 2^16).</summary>
    public bool AddNack(uint senderSsrc, uint mediaSsrc, scoped ReadOnlySpan<ushort> missing)
    {
        var entries = CountNackEntries(missing);
        if (entries == 0)
        {
            return false;
        }

        BeginFeedback(RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.TransportNack, senderSsrc, mediaSsrc, entries * 4, out var body);
        if (body.IsEmpty)
        {
            return false;
        }

        var next = 0;
        while (next < missing.Length)
        {
            var packetId = missing[next++];
            var mask = 0;
            while (next < missing.Length && SequenceNumber.Distance(packetId, missing[next]) is >= 1 and <= 16 and var distance)
            {
                mask |= 1 << (distance - 1);
                next++;
            }

            BinaryPrimitives.WriteUInt16BigEndian(body, packetId);
            BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)mask);
            body = body[4..];
        }

        return true;
    }

    /// <summary>Begins an extended report with one block, and returns the content of the block. False when it does not fit.</summary>
    private bool TryBeginExtendedReport(uint ssrc, byte blockType, int blockLength, out Span<byte> content)
    {
        var body = Begin(RtcpPacketType.ExtendedReport, 0, 4 + blockLength);
        content = body.IsEmpty ? body : body[(4 + ExtendedReport.BlockHeaderLength)..];
        if (body.IsEmpty)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
        body[4] = blockType;
        body[5] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(body[6..], (ushort)((blockLength / 4) - 1)); // in 32-bit words, excluding the block header
        return true;
    }

    private static int CountNackEntries(ReadOnlySpan<ushort> missing)
    {
        var entries = 0;
        for (var next = 0; next < missing.Length; entries++)
        {
            var packetId = missing[next++];
            while (next < missing.Length && SequenceNumber.Distance(packetId, missing[next]) is >= 1 and <= 16)
            {
                next++;
            }
        }

        return entries;
    }

    private static void WriteReports(Span<byte> body, ReadOnlySpan<ReportBlock> reports)
    {
        for (var i = 0; i < reports.Length; i++)
        {
            reports[i].Write(body[(i * ReportBlock.Length)..]);
        }
    }

    private Span<byte> BeginFeedback(
        RtcpPacketType type, byte format, uint senderSsrc, uint mediaSsrc, int informationLength, out Span<byte> information)
    {
        var body = Begin(type, format, 8 + informationLength);
        if (body.IsEmpty)
        {
            information = [];
            return body;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], mediaSsrc);
        information = body[8..];
        return body;
    }

    /// <summary>Writes the header and returns the span of the body, or an empty span when the packet does not fit.</summary>
    private Span<byte> Begin(RtcpPacketType type, int countOrFormat, int bodyLength)
    {
        var length = RtcpPacket.HeaderLength + bodyLength;
        if (length > _destination.Length - Length)
        {
            return [];
        }

        var packet = _destination.Slice(Length, length);
        packet[0] = (byte)(0x80 | countOrFormat);
        packet[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)((length / 4) - 1));
        Length += length;
        return packet[RtcpPacket.HeaderLength..];
    }
}
