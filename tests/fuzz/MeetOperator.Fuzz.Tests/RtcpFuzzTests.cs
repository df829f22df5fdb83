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
