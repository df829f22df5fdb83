using MeetOperator.Rtp.Rtcp;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Rtcp;

public sealed class ReceiverEstimateTests
{
    [Theory]
    [InlineData("8f ce 0004 00000001 00000000 52454d42 00 03d090", 250_000)]
    [InlineData("8f ce 0005 00000001 00000000 52454d42 01 0bd090 00000007", 1_000_000)]
    [InlineData("8f ce 0004 00000001 00000000 52454d42 00 000000", 0)]
    [InlineData("8f ce 0004 00000001 00000000 52454d42 00 ffffff", long.MaxValue)]
    public void TryRead_Remb_ReadsRate(string packet, long expected)
    {
        Assert.True(TryRead(packet, out var rate));
        Assert.Equal(expected, rate);
    }

    [Theory]
    [InlineData("8f ce 0003 00000001 00000000 52454d42")] // without a rate
    [InlineData("8f ce 0004 00000001 00000000 52454d43 00 03d090")] // another application
    [InlineData("81 ce 0002 00000001 00000000")] // PLI
    public void TryRead_OtherMessage_IsRejected(string packet) => Assert.False(TryRead(packet, out _));

    private static bool TryRead(string packet, out long rate)
    {
        var reader = new RtcpReader(Hex.Bytes(packet));
        Assert.True(reader.MoveNext());
        Assert.True(FeedbackMessage.TryParse(reader.Current, out var message));
        return ReceiverEstimate.TryRead(message, out rate);
    }
}
