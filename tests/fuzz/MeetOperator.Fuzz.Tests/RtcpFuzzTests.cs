using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Fuzz.Tests;

public sealed class RtcpFuzzTests
{
    [Fact]
    public void Compound_AnyBytes_IsParsedOrRejected() => FuzzLoop.Run("rtcp", input =>
    {
        var total = 0L;
        foreach (var packet in new RtcpReader(input))
        {
            if (SenderReport.TryParse(packet, out var sender))
            {
                total += sender.Ssrc + sender.RtpTimestamp;
            }

            if (ReceiverReport.TryParse(packet, out var receiver))
            {
                foreach (var block in receiver.Reports)
                {
                    total += block.Jitter;
                }
            }

            _ = ExtendedReport.TryReadReferenceTime(packet, out _, out _);
            if (ExtendedReport.TryReadDelay(packet, 1, out var reference, out var delay))
            {
                total += reference + delay;
            }

            if (FeedbackMessage.TryParse(packet, out var message))
            {
                ReadFeedback(message);
            }
        }
    });

    [Fact]
    public void CongestionFeedback_AnyBytes_IsReadOrRejectedWithoutAllocation() => FuzzLoop.Run(
        "rtcp",
        input =>
        {
            foreach (var packet in new RtcpReader(input))
            {
                if (!FeedbackMessage.TryParse(packet, out var message))
                {
                    continue;
                }

                if (ReceiverEstimate.TryRead(message, out var bitsPerSecond) && bitsPerSecond < 0)
                {
                    Assert.Fail("The bit rate is negative.");
                }

                if (TransportFeedback.TryParse(message, out var feedback))
                {
                    ReadPackets(feedback);
                }
            }
        },
        maximumBytes: 0);

    private static void ReadPackets(in TransportFeedback feedback)
    {
        var count = 0;
        foreach (var packet in feedback.Packets)
        {
            count++;
            if (!packet.IsReceived && packet.ArrivalTicks != 0)
            {
                Assert.Fail("A lost packet has an arrival time.");
            }
        }

        if (count != feedback.PacketCount)
        {
            Assert.Fail($"{count} packets of {feedback.PacketCount}");
        }
    }

    private static void ReadFeedback(FeedbackMessage message)
    {
        var asked = 0;
        foreach (var unused in message.NackedSequenceNumbers)
        {
            asked++;
        }

        Assert.InRange(asked, 0, message.Information.Length * 17 / 4);
        asked = 0;
        foreach (var unused in message.FullIntraRequests)
        {
            asked++;
        }

        Assert.InRange(asked, 0, message.Information.Length / 8);
    }
}
