using MeetOperator.Sfu.Bandwidth;

namespace MeetOperator.Sfu.Tests.Bandwidth;

/// <summary>Time in which nothing is sent shows nothing about the line.</summary>
public sealed class IdleTimeTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void LossControl_LossAfterAPause_LimitsToWhatArrivesWhileSending()
    {
        var loss = new LossControl();
        var now = Second;
        for (var i = 0; i < 60; i++)
        {
            now += i == 30 ? 30 * Second : 10 * Call.Millisecond;
            loss.OnReported(now, 1200, isReceived: i < 30 || i % 2 == 0);
        }

        loss.Update(now, 50 * Call.Millisecond, 1_000_000);

        Assert.True(loss.IsTrial);
        Assert.InRange(loss.LimitBitsPerSecond, 300_000, 900_000); // 960 kbit/s were sent, a quarter of it was lost
    }

    [Fact]
    public void Estimate_FeedbackForTheLastPacketsIsLost_StaysWhileNothingIsSent()
    {
        var call = new NarrowCall { HasMicrophone = false };
        var line = call.Join(20_000_000);
        call.Run(6);
        var before = line.Subscriber.EstimatedBitsPerSecond;
        line.HasFeedback = false;
        call.Run(0.1);
        call.Camera.SetMuted(true);
        call.Run(20);

        Assert.Equal(before, line.Subscriber.EstimatedBitsPerSecond);
    }

    [Fact]
    public void Estimate_NoFeedbackWhilePacketsAreSent_Falls()
    {
        var call = new NarrowCall();
        var line = call.Join(20_000_000);
        call.Run(6);
        var before = line.Subscriber.EstimatedBitsPerSecond;
        line.HasFeedback = false;
        call.Run(4);

        Assert.InRange(line.Subscriber.EstimatedBitsPerSecond!.Value, before!.Value * 0.4, before.Value * 0.66);
    }
}
