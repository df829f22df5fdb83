using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>The retransmission memory of a participant is bounded for any number of tracks and players, and is returned.</summary>
public sealed class RetransmissionBudgetTests
{
    private const long Bytes = 16 * 1024 * 1024;
    private readonly MemoryBudget _budget = new(Bytes);

    [Fact]
    public void Subscribers_WithoutRtx_StayWithinBudget()
    {
        var call = new Call();
        var first = Join(call, 0);
        var players = Enumerable.Range(1, 1_000).Select(i => Join(call, i)).ToList();
        Assert.InRange(_budget.AvailableBytes, 0, 100_000);

        call.Send(1, key: true);
        var last = players[^1];
        last.Egress.Rtp.Clear();
        first.Egress.Rtp.Clear();
        foreach (var (subscriber, track, _) in new[] { first, last })
        {
            subscriber.OnRtcp(call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, track.Options.Ssrc, [100])));
        }

        // Every player received the packet. Only players with a history receive it again.
        Assert.Single(first.Egress.Rtp);
        Assert.Empty(last.Egress.Rtp);

        players.ForEach(p => p.Subscriber.Close());
        first.Subscriber.Close();
        Assert.Equal(Bytes, _budget.AvailableBytes);
    }

    [Fact]
    public void UpTracks_OnePublisher_StayWithinBudgetAndReturnIt()
    {
        var calls = Enumerable.Range(0, 64).Select(_ => new Call(budget: _budget)).ToList();
        calls.ForEach(call => call.Send(1, key: true));
        Assert.InRange(_budget.AvailableBytes, 0, 1_000_000);

        calls.ForEach(call => call.Track.Close());

        Assert.Equal(Bytes, _budget.AvailableBytes);
    }

    [Fact]
    public void UpTrack_ThreeLayers_TakesLessThanTwoTracks()
    {
        var call = new Call(budget: _budget, layers: [new() { Rid = "f", Ssrc = 7000 }, new() { Rid = "h", Ssrc = 8000 }, new() { Rid = "q", Ssrc = 9000 }]);
        foreach (var ssrc in new uint[] { 7000, 8000, 9000 })
        {
            call.Send(1, key: true, ssrc: ssrc);
        }

        Assert.InRange(Bytes - _budget.AvailableBytes, 1, 2 * 640 * 1024);

        call.Track.Close();

        Assert.Equal(Bytes, _budget.AvailableBytes);
    }

    private (Subscriber Subscriber, DownTrack Track, RecordingEgress Egress) Join(Call call, int number)
    {
        var egress = new RecordingEgress();
        var subscriber = new Subscriber(egress, _budget);
        var track = subscriber.Add(call.Track, new DownTrackOptions
        {
            Ssrc = (uint)(10_000 + number),
            PayloadType = 120,
            Nack = true,
            Extensions = HeaderExtensionMap.Empty,
            FirstSequenceNumber = 100,
            Cname = "alice",
        });
        return (subscriber, track, egress);
    }
}
