namespace MeetOperator.Sfu.Tests;

/// <summary>Connections on which nothing is sent need their timers rarely, and are woken when that changes.</summary>
public sealed class RestTests
{
    private readonly Call _call = new();

    [Fact]
    public void HandleTimeout_NothingIsSent_ReturnsALateTimeUntilAPacketIsSent()
    {
        var (subscriber, _, egress) = _call.Join();
        var runs = 0;
        var end = _call.Now + TimeSpan.TicksPerMinute;
        while (_call.Now < end)
        {
            runs++;
            _call.Now = subscriber.HandleTimeout(_call.Now);
        }

        Assert.InRange(runs, 1, 70); // about one report a second, and nothing else
        egress.WokenAt = long.MaxValue;
        _call.Send(1, key: true);
        Assert.InRange(egress.WokenAt, long.MinValue, _call.Now);
    }

    [Fact]
    public void Join_PublisherRests_WakesPublisherForItsKeyFrame()
    {
        _call.Advance(10_000);
        _call.Upstream.WokenAt = long.MaxValue;
        _call.Join();
        Assert.InRange(_call.Upstream.WokenAt, long.MinValue, _call.Now);
    }
}
