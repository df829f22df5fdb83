using System.Text;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tracks;

/// <summary>The RTCP reports about one stream to a subscriber: the sender reports to it, and what its receiver reports tell (RFC 3550 §6.4).</summary>
internal sealed class DownTrackReports(PacedEgress egress, string cname)
{
    private readonly byte[] _cname = Encoding.ASCII.GetBytes(cname.Length <= 255 ? cname : cname[..255]);
    private uint _lastMiddle;
    private long _lastTicks;

    /// <summary>Round-trip time in 100 ns ticks; 0 until the subscriber has answered a sender report.</summary>
    public long RoundTripTicks { get; private set; }

    /// <summary>The share of packets that the last report counts as lost, from 0 to 1.</summary>
    public double LossRatio { get; private set; }

    /// <summary>Sends a sender report.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="ssrc">The SSRC of the stream.</param>
    /// <param name="ntp">A moment in NTP time.</param>
    /// <param name="timestamp">The timestamp of the stream at that moment.</param>
    /// <param name="packets">The number of packets that were sent.</param>
    /// <param name="bytes">Their payload in bytes.</param>
    public void Send(long nowTicks, uint ssrc, ulong ntp, uint timestamp, long packets, long bytes)
    {
        Span<byte> buffer = stackalloc byte[320];
        var writer = new RtcpWriter(buffer);
        writer.AddSenderReport(ssrc, ntp, timestamp, (uint)packets, (uint)bytes);
        writer.AddCanonicalName(ssrc, _cname);
        (_lastMiddle, _lastTicks) = (NtpTime.Middle(ntp), nowTicks);
        egress.SendRtcp(writer.Written);
    }

    /// <summary>Reads what the subscriber says about the stream in a report that arrived at <paramref name="arrivalTicks"/>.</summary>
    public void OnReport(long arrivalTicks, in ReportBlock block)
    {
        LossRatio = block.FractionLost / 256.0;
        if (block.LastSenderReport != 0 && block.LastSenderReport == _lastMiddle)
        {
            // Below zero after a step of the clock that arrivals are read from, or when the subscriber's delay is wrong.
            var ticks = arrivalTicks - _lastTicks - NtpTime.ShortToTicks(block.DelaySinceLastSenderReport);
            RoundTripTicks = ticks >= 0 ? ticks : RoundTripTicks;
        }
    }

    /// <summary>Sends a BYE for the stream (RFC 3550 §6.6).</summary>
    public void SendGoodbye(uint ssrc)
    {
        Span<byte> buffer = stackalloc byte[64];
        var writer = new RtcpWriter(buffer);
        writer.AddReceiverReport(ssrc);
        writer.AddGoodbye(ssrc);
        egress.SendRtcp(writer.Written);
    }
}
