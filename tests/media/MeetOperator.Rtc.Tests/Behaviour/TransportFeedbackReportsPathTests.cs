using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtc.Tests.Behaviour;

/// <summary>Transport-wide feedback must report the actual losses and delays of the path.</summary>
public sealed class TransportFeedbackReportsPathTests
{
    [Fact]
    public void Feedback_LossyPathWithJitter_ReportsLossAndDelays()
    {
        var network = new SimulatedNetwork(3, new LinkConditions { LossRate = 0.1, JitterTicks = 8 * TimeSpan.TicksPerMillisecond });
        var (sender, receiver) = (new TransportAddress(1, 1), new TransportAddress(2, 2));
        var arrivals = new TransportArrivals();
        var arrivedAt = new Dictionary<ushort, long>();
        network.Attach(receiver, (now, _, datagram) =>
        {
            var sequence = BitConverter.ToUInt16(datagram);
            arrivedAt.TryAdd(sequence, now);
            arrivals.OnPacket(now, sequence);
        });

        var reported = new Dictionary<ushort, TransportFeedbackPacket>();
        var buffer = new byte[1200];
        for (ushort i = 0; i < 2000; i++)
        {
            network.Send(sender, receiver, BitConverter.GetBytes(i));
            network.AdvanceTo(network.NowTicks + (2 * TimeSpan.TicksPerMillisecond));
            if (i % 25 == 24)
            {
                Read(arrivals, buffer, reported);
            }
        }

        network.AdvanceTo(network.NowTicks + TimeSpan.TicksPerSecond);
        Read(arrivals, buffer, reported);

        Assert.Equal(arrivedAt.Keys.Order(), reported.Values.Where(p => p.IsReceived).Select(p => p.SequenceNumber).Order());
        var offset = arrivedAt[arrivedAt.Keys.First()] - reported[arrivedAt.Keys.First()].ArrivalTicks;
        Assert.All(arrivedAt, t => Assert.InRange(
            t.Value - reported[t.Key].ArrivalTicks - offset, -TimeSpan.TicksPerMillisecond / 4, TimeSpan.TicksPerMillisecond / 4));
    }

    private static void Read(TransportArrivals arrivals, byte[] buffer, Dictionary<ushort, TransportFeedbackPacket> reported)
    {
        while (arrivals.HasUnreportedPackets)
        {
            var length = arrivals.WriteFeedback(1, 2, buffer);
            foreach (var packet in new RtcpReader(buffer.AsSpan(0, length)))
            {
                Assert.True(FeedbackMessage.TryParse(packet, out var message));
                Assert.True(TransportFeedback.TryParse(message, out var feedback));
                foreach (var one in feedback.Packets)
                {
                    if (one.IsReceived || !reported.ContainsKey(one.SequenceNumber))
                    {
                        reported[one.SequenceNumber] = one;
                    }
                }
            }
        }
    }
}
