using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Reception;

/// <summary>Reception statistics of one stream for receiver reports (RFC 3550 §6.4.1, A.3, A.8).</summary>
public sealed class ReceiveStatistics(uint ssrc, int clockRate)
{
    private ExtendedSequenceNumber _sequence;
    private bool _started;
    private long _firstSequence;
    private long _expectedAtLastReport;
    private long _receivedAtLastReport;
    private long _lastTransit;
    private long _jitterTimes16;
    private uint _lastSenderReport;
    private long _lastSenderReportTicks;

    public uint Ssrc { get; } = ssrc;

    public long PacketsReceived { get; private set; }

    /// <summary>Expected minus received packets; negative when there are more duplicates than losses.</summary>
    public long PacketsLost => _started ? _sequence.Highest - _firstSequence + 1 - PacketsReceived : 0;

    /// <summary>Interarrival jitter in units of the media clock.</summary>
    public uint Jitter => (uint)(_jitterTimes16 >> 4);

    /// <summary>The highest sequence number, with the number of cycles since the first packet in the high 16 bits.</summary>
    public uint ExtendedHighestSequenceNumber =>
        (uint)(_sequence.Highest - (_firstSequence & ~0xFFFFL));

    /// <summary>Records a packet that is not a retransmission. Returns its 64-bit sequence number.</summary>
    public long OnPacket(long nowTicks, ushort sequenceNumber, uint timestamp)
    {
        var extended = _sequence.Unwrap(sequenceNumber);
        var transit = RtpTimestamp.FromTicks(nowTicks, clockRate) - timestamp;
        if (_started)
        {
            // A.8, in 32-bit arithmetic so that a timestamp wrap does not look like a jump.
            var difference = Math.Abs((long)(int)(transit - _lastTransit));
            _jitterTimes16 += difference - ((_jitterTimes16 + 8) >> 4);
        }
        else
        {
            _started = true;
            _firstSequence = extended;
        }

        _lastTransit = transit;
        PacketsReceived++;
        return extended;
    }

    /// <summary>Records a sender report of this stream for LSR and DLSR.</summary>
    public void OnSenderReport(long nowTicks, ulong ntpTimestamp)
    {
        _lastSenderReport = NtpTime.Middle(ntpTimestamp);
        _lastSenderReportTicks = nowTicks;
    }

    /// <summary>Creates the block for the next report and starts a new interval for the fraction lost.</summary>
    public ReportBlock CreateReport(long nowTicks)
    {
        var expected = _started ? _sequence.Highest - _firstSequence + 1 : 0;
        var expectedInterval = expected - _expectedAtLastReport;
        var lostInterval = expectedInterval - (PacketsReceived - _receivedAtLastReport);
        _expectedAtLastReport = expected;
        _receivedAtLastReport = PacketsReceived;
        return new ReportBlock
        {
            Ssrc = Ssrc,
            FractionLost = expectedInterval <= 0 || lostInterval <= 0 ? (byte)0 : (byte)Math.Min(255, lostInterval * 256 / expectedInterval),
            CumulativeLost = (int)Math.Clamp(PacketsLost, -0x80_0000, 0x7F_FFFF),
            ExtendedHighestSequenceNumber = ExtendedHighestSequenceNumber,
            Jitter = Jitter,
            LastSenderReport = _lastSenderReport,
            DelaySinceLastSenderReport = _lastSenderReport == 0 ? 0 : NtpTime.TicksToShort(nowTicks - _lastSenderReportTicks),
        };
    }
}
