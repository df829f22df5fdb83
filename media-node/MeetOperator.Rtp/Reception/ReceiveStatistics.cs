using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Reception;

/// <summary>Reception statistics of one stream for receiver reports (RFC 3550 §6.4.1, A.3, A.8).</summary>
public sealed class ReceiveStatistics(uint ssrc, int clockRate)
{
    private ExtendedSequenceNumber sequence;
    private bool started;
    private long firstSequence;
    private long expectedAtLastReport;
    private long receivedAtLastReport;
    private long lastTransit;
    private long jitterTimes16;
    private uint lastSenderReport;
    private long lastSenderReportTicks;

    public uint Ssrc { get; } = ssrc;

    public long PacketsReceived { get; private set; }

    public long BytesReceived { get; private set; }

    /// <summary>Expected minus received packets; negative when there are more duplicates than losses.</summary>
    public long PacketsLost => started ? sequence.Highest - firstSequence + 1 - PacketsReceived : 0;

    /// <summary>Interarrival jitter in units of the media clock.</summary>
    public uint Jitter => (uint)(jitterTimes16 >> 4);

    /// <summary>The highest sequence number, with the number of cycles since the first packet in the high 16 bits.</summary>
    public uint ExtendedHighestSequenceNumber =>
        (uint)(sequence.Highest - (firstSequence & ~0xFFFFL));

    /// <summary>Records a packet that is not a retransmission. Returns its 64-bit sequence number.</summary>
    public long OnPacket(long nowTicks, ushort sequenceNumber, uint timestamp, int bytes)
    {
        var extended = sequence.Unwrap(sequenceNumber);
        var transit = RtpTimestamp.FromTicks(nowTicks, clockRate) - timestamp;
        if (started)
        {
            // A.8, in 32-bit arithmetic so that a timestamp wrap does not look like a jump.
            var difference = Math.Abs((long)(int)(transit - lastTransit));
            jitterTimes16 += difference - ((jitterTimes16 + 8) >> 4);
        }
        else
        {
            started = true;
            firstSequence = extended;
        }

        lastTransit = transit;
        PacketsReceived++;
        BytesReceived += bytes;
        return extended;
    }

    /// <summary>Records a sender report of this stream for LSR and DLSR.</summary>
    public void OnSenderReport(long nowTicks, ulong ntpTimestamp)
    {
        lastSenderReport = NtpTime.Middle(ntpTimestamp);
        lastSenderReportTicks = nowTicks;
    }

    /// <summary>Creates the block for the next report and starts a new interval for the fraction lost.</summary>
    public ReportBlock CreateReport(long nowTicks)
    {
        var expected = started ? sequence.Highest - firstSequence + 1 : 0;
        var expectedInterval = expected - expectedAtLastReport;
        var lostInterval = expectedInterval - (PacketsReceived - receivedAtLastReport);
        expectedAtLastReport = expected;
        receivedAtLastReport = PacketsReceived;
        return new ReportBlock
        {
            Ssrc = Ssrc,
            FractionLost = expectedInterval <= 0 || lostInterval <= 0 ? (byte)0 : (byte)Math.Min(255, lostInterval * 256 / expectedInterval),
            CumulativeLost = (int)Math.Clamp(PacketsLost, -0x80_0000, 0x7F_FFFF),
            ExtendedHighestSequenceNumber = ExtendedHighestSequenceNumber,
            Jitter = Jitter,
            LastSenderReport = lastSenderReport,
            DelaySinceLastSenderReport = lastSenderReport == 0 ? 0 : NtpTime.TicksToShort(nowTicks - lastSenderReportTicks),
        };
    }
}
