using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Tests;

public sealed class QuietRestTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private readonly QuietRest _rest = new();

    [Fact]
    public void AfterBatch_DatagramsFollowEachOther_Rests()
    {
        Assert.Equal(0, _rest.AfterBatch(0, hasReceived: true));
        Assert.Equal(20 * Millisecond, _rest.AfterBatch(30 * Millisecond, hasReceived: true));
    }

    [Fact]
    public void AfterBatch_NothingCameInTheRest_WaitsForADatagram()
    {
        _rest.AfterBatch(0, hasReceived: true);
        _rest.AfterBatch(5 * Millisecond, hasReceived: true);
        Assert.Equal(0, _rest.AfterBatch(25 * Millisecond, hasReceived: false));
    }

    [Fact]
    public void AfterBatch_RareDatagrams_DoesNotRest()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(0, _rest.AfterBatch(i * 50 * Millisecond, hasReceived: true));
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(999, false)]
    [InlineData(1_000, true)]
    public void AfterBatch_AfterActivity_RestsWhenItHasBeenQuietForASecond(int milliseconds, bool rests)
    {
        _rest.AfterBatch((milliseconds - 1) * Millisecond, hasReceived: true);
        _rest.OnActivity(0);
        Assert.Equal(rests, _rest.AfterBatch(milliseconds * Millisecond, hasReceived: true) > 0);
    }
}
