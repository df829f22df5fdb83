namespace MeetOperator.Sfu.Tests;

/// <summary>A publisher that sends everything as part of one key frame, which the queues of receivers keep longer than other pictures.</summary>
public sealed class KeyFrameEndTests
{
    private const uint Timestamp = 90_000;
    private readonly Call _call = new();

    [Fact]
    public void IsKeyFrame_AfterFiveSeconds_IsFalse()
    {
        _call.Send(1, Timestamp, key: true);
        _call.Now += (5 * TimeSpan.TicksPerSecond) - 1;
        Assert.True(_call.Layer.IsKeyFrame(_call.Now, Timestamp));
        Assert.False(_call.Layer.IsKeyFrame(_call.Now, Timestamp + 3000));

        _call.Now++;

        Assert.False(_call.Layer.IsKeyFrame(_call.Now, Timestamp));
    }

    [Fact]
    public void IsKeyFrame_BeginsAgainWithTheSameTimestamp_EndsAtTheSameTime()
    {
        for (ushort second = 0; second < 5; second++)
        {
            _call.Send(second, Timestamp, key: true);
            _call.Now += TimeSpan.TicksPerSecond;
        }

        _call.Send(6, Timestamp, key: true);

        Assert.False(_call.Layer.IsKeyFrame(_call.Now, Timestamp));
    }

    [Fact]
    public void IsKeyFrame_NextKeyFrame_HasItsOwnTime()
    {
        _call.Send(1, Timestamp, key: true);
        _call.Now += 6 * TimeSpan.TicksPerSecond;

        _call.Send(2, Timestamp + 540_000, key: true);

        Assert.True(_call.Layer.IsKeyFrame(_call.Now, Timestamp + 540_000));
        Assert.False(_call.Layer.IsKeyFrame(_call.Now, Timestamp));
    }
}
