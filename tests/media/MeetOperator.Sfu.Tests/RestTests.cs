using MeetOperator.Sfu.Tracks;

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

    /// <summary>Browsers send silence for a muted microphone, two packets every 400 ms.</summary>
    [Fact]
    public void OnRtp_SilenceOfMutedMicrophone_PublisherRests()
    {
        var call = new Call(MediaKind.Audio);
        call.Send(1);
        call.Track.SetMuted(true);
        call.Advance(10_000);
        call.Upstream.Rtcp.Clear();
        for (ushort sequence = 2; sequence < 302; sequence += 2)
        {
            call.Send(sequence);
            call.Send((ushort)(sequence + 1));
            call.Advance(400);
        }

        Assert.InRange(call.Upstream.Rtcp.Count, 11, 14); // a report every five seconds of a minute
        call.Track.SetMuted(false);
        call.Send(302);
        call.Advance(1_100);
        Assert.InRange(call.Upstream.Rtcp.Count, 12, 16);
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
