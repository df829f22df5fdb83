using MeetOperator.Rtp.Packets;

namespace MeetOperator.Rtp.Tests.Packets;

public sealed class WrappingNumberTests
{
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(0, 65535, 1)]
    [InlineData(65535, 0, -1)]
    [InlineData(5, 5, 0)]
    [InlineData(32767, 0, 32767)]
    [InlineData(32768, 0, -32768)]
    public void Distance_SequenceNumbers_CountsAcrossWrap(int to, int from, int expected) =>
        Assert.Equal(expected, SequenceNumber.Distance((ushort)from, (ushort)to));

    [Fact]
    public void Unwrap_ManyCyclesWithReordering_KeepsDistances()
    {
        var unwrapper = default(ExtendedSequenceNumber);
        var random = new Random(1);
        var first = unwrapper.Unwrap(65000);
        var highest = 65000L;
        for (var position = 65000L; position < 65000 + (5 * 65536); position += random.Next(1, 400))
        {
            var actual = position - random.Next(0, 300);
            if (actual < 65000)
            {
                continue;
            }

            Assert.Equal(first + actual - 65000, unwrapper.Unwrap((ushort)actual));
            highest = Math.Max(highest, actual);
            Assert.Equal(first + highest - 65000, unwrapper.Highest);
        }
    }

    [Fact]
    public void Peek_OlderThanFirst_StaysPositive()
    {
        var unwrapper = default(ExtendedSequenceNumber);
        unwrapper.Unwrap(0);

        Assert.Equal(unwrapper.Highest - 1, unwrapper.Peek(65535));
        Assert.True(unwrapper.Peek(65535) > 0);
    }

    [Fact]
    public void FromTicks_LongTime_KeepsScale()
    {
        Assert.Equal(90_000, RtpTimestamp.FromTicks(TimeSpan.TicksPerSecond, 90_000));
        Assert.Equal(90_000L * 86_400 * 3650, RtpTimestamp.FromTicks(TimeSpan.TicksPerDay * 3650, 90_000)); // no overflow within ten years
    }
}
