namespace MeetOperator.Sfu.Tests;

/// <summary>While a queue drains, the estimate is far below what the line takes. The lowest quality goes on if it takes no more than three quarters of the line.</summary>
public sealed class DrainingLineTests
{
    [Theory]
    [InlineData(600_000, 200, 1)]
    [InlineData(900_000, 200, 1)]
    [InlineData(900_000, 400, 0.6)]
    [InlineData(1_500_000, 200, 1)]
    public void Line_BecomesLonger_PicturesAreNotPaused(long bits, int milliseconds, double remainingShare)
    {
        var call = new NarrowCall();
        var line = call.Join(bits);
        call.Run(15);
        line.DelayTicks += milliseconds * Call.Millisecond;
        line.BitsPerSecond = (long)(bits * remainingShare);
        for (var i = 0; i < 10_000; i++)
        {
            call.Run(0.001);
            Assert.Null(line.Video!.PausedSinceTicks);
        }
    }

    /// <summary>Here the lowest quality takes more than that, and the queue would not drain beside it.</summary>
    [Fact]
    public void Line_BecomesTooNarrow_PicturesArePaused()
    {
        var call = new NarrowCall();
        var line = call.Join(300_000);
        call.Run(15);
        line.BitsPerSecond = 180_000;
        call.Run(5);

        Assert.NotNull(line.Video!.PausedSinceTicks);
    }
}
