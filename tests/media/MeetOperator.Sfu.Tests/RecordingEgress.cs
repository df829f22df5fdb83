using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>An egress that records all packets.</summary>
internal sealed class RecordingEgress : IPeerEgress
{
    public bool IsReady { get; set; } = true;

    public EgressPressure Pressure { get; set; }

    public List<byte[]> Rtp { get; } = [];

    public List<byte[]> Rtcp { get; } = [];

    public IEnumerable<RtpHeader> Headers => Rtp.Select(Header);

    public IEnumerable<ushort> Sequences => Headers.Select(h => h.SequenceNumber);

    public static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    public static byte[] Payload(byte[] packet) => packet[Header(packet).Length..];

    public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        Rtp.Add([.. header, .. payload]);
        return Rtp[^1];
    }

    public void Retransmit(ReadOnlySpan<byte> packet) => Rtp.Add(packet.ToArray());

    public void SendRtcp(ReadOnlySpan<byte> compound) => Rtcp.Add(compound.ToArray());

    public void WakeAt(long ticks) => WokenAt = Math.Min(WokenAt, ticks);

    /// <summary>The earliest time at which the timers were requested to run.</summary>
    public long WokenAt { get; set; } = long.MaxValue;

    public void Fail(Exception error) => throw new InvalidOperationException("Unexpected peer failure.", error);

    /// <summary>Counts the packets in all compound packets so far that match the predicate.</summary>
    public int CountFeedback(Func<RtcpPacketType, byte, bool> matches)
    {
        var count = 0;
        foreach (var compound in Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                count += matches(packet.Type, packet.CountOrFormat) ? 1 : 0;
            }
        }

        return count;
    }

    public int PictureLossIndications => CountFeedback((t, f) => t == RtcpPacketType.PayloadFeedback && f == RtcpFeedbackFormat.PayloadPictureLoss);

    public int TransportFeedbacks => CountFeedback((t, f) => t == RtcpPacketType.TransportFeedback && f == RtcpFeedbackFormat.TransportWideCongestion);

    /// <summary>The sequence numbers in all NACKs so far.</summary>
    public List<ushort> GetNackedNumbers()
    {
        var all = new List<ushort>();
        foreach (var compound in Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsNack)
                {
                    foreach (var sequence in feedback.NackedSequenceNumbers)
                    {
                        all.Add(sequence);
                    }
                }
            }
        }

        return all;
    }
}
