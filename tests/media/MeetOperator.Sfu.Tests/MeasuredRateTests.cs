using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tests;

public sealed class MeasuredRateTests
{
    private MeasuredRate _rate;

    [Fact]
    public void EndInterval_OneKeyFrame_HardlyCounts()
    {
        Run(10_000, 0);
        Run(10_000, 120_000);

        Assert.InRange(_rate.BytesPerSecond, 10_000, 12_000);
    }

    /// <summary>A publisher could otherwise send at any rate and be counted with a small part of it.</summary>
    [Fact]
    public void EndInterval_NothingButKeyFrames_CountsAll()
    {
        for (var i = 0; i < 6; i++)
        {
            Run(0, 100_000);
        }

        Assert.InRange(_rate.BytesPerSecond, 100_000, 110_000);
    }

    private void Run(int bytes, int keyFrameBytes)
    {
        _rate.Add(bytes, isKeyFrame: false);
        _rate.Add(keyFrameBytes, isKeyFrame: true);
        _rate.EndInterval(TimeSpan.TicksPerSecond);
    }
}
