using System.Diagnostics;
using MeetOperator.MediaNode.Limits;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The limits of a participant apply to all its sessions together.</summary>
public sealed class SharedLimitTests : IAsyncLifetime
{
    private const byte PlayedVideo = 120;
    private readonly SyntheticPeer _carol = new();
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync()
    {
        _rooms = await TwoRooms.StartAsync();
        await _rooms.PublishAsync(TwoRooms.Bad, "carol", _carol);
    }

    public async Task DisposeAsync()
    {
        _carol.Dispose();
        await _rooms.DisposeAsync();
    }

    [Fact]
    public async Task Publish_RateUsedUpByOtherSession_HasNoBurstOfItsOwn()
    {
        using var publisher = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", publisher);
        using var player = await PlayAsync("mallory");

        var exceeded = await ExceedRateAsync(player, ssrc: 4242, PlayedVideo);
        await ExceedRateAsync(publisher, TestSdp.VideoSsrc, 96);
        var elapsed = Stopwatch.GetElapsedTime(exceeded);

        // With a limit of its own, the second session could send the bytes of a whole second at once before its first packet is dropped.
        var received = await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Single(p => p.Id == "mallory").PublishedTracks.Single(t => t.Kind == "video").Track.ReceivedBytes);
        Assert.InRange(received, 0, (long)(elapsed.TotalSeconds * IngressLimit.BytesPerSecond) + 10_000);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Play_MemoryUsedUpByOtherSessions_GetsNoRetransmission()
    {
        // 25 cameras and four players without RTX use up the memory of a participant.
        using var cameras = new SyntheticPeer();
        await _rooms.Node.Control.PublishAsync(TwoRooms.Bad, "dave", new SdpOffer { Generation = 1, Sdp = TestSdp.Cameras(cameras, 25) }, default);
        for (var i = 0; i < 4; i++)
        {
            using var unconnected = new SyntheticPeer();
            await _rooms.Node.Control.PlayAsync(TwoRooms.Bad, "dave", Play(unconnected), default);
        }

        using var dave = await PlayAsync("dave");
        using var erin = await PlayAsync("erin");
        dave.LoseRtp = erin.LoseRtp = (payloadType, count) => payloadType == PlayedVideo && count == 4;
        await SyntheticPeer.UntilAsync("a gap", () => SendVideo() && Video(dave).Count > 10 && Video(erin).Count > 10, _carol, dave, erin);

        // The node handles the request of dave's player first.
        var (lost, repeated) = (RequestFourth(dave), RequestFourth(erin));
        await SyntheticPeer.UntilAsync("the retransmission", () => Video(erin).Contains(repeated), _carol, dave, erin);

        Assert.DoesNotContain(lost, Video(dave));
    }

    /// <summary>Sends until 2,000 more packets have been dropped. Returns a time since which the limit was exceeded.</summary>
    private async Task<long> ExceedRateAsync(SyntheticPeer peer, uint ssrc, byte payloadType)
    {
        var payload = new byte[1300];
        var start = Stopwatch.GetTimestamp();
        var (since, enough) = (start, await DropsAsync() + 2_000);
        for (var now = start; await DropsAsync() < enough; now = Stopwatch.GetTimestamp())
        {
            since = now;
            await _rooms.InOneBatchAsync(() =>
            {
                for (var i = 0; i < 100; i++)
                {
                    peer.SendRtp(ssrc, payloadType, 0, payload);
                }
            });
            _rooms.Alice.Pump();
            _rooms.Bob.Pump();
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "the limit is not reached");
        }

        return since;
    }

    private async Task<SyntheticPeer> PlayAsync(string participant)
    {
        var player = new SyntheticPeer();
        player.Connect((await _rooms.Node.Control.PlayAsync(TwoRooms.Bad, participant, Play(player), default)).Sdp);
        await SyntheticPeer.UntilAsync($"a player of {participant} is connected", () => player.IsConnected, player, _carol);
        return player;
    }

    private static PlayRequest Play(SyntheticPeer player) => new() { Generation = 1, Sdp = TestSdp.Play(player, rtx: false), Feeds = ["carol"] };

    private bool SendVideo()
    {
        _carol.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, 4], marker: true);
        return true;
    }

    /// <summary>Requests the fourth video packet again, which was lost. Returns its sequence number.</summary>
    private static ushort RequestFourth(SyntheticPeer player)
    {
        var missing = (ushort)(Video(player)[0] + 3);
        Assert.DoesNotContain(missing, Video(player));
        var nack = new byte[64];
        var writer = new RtcpWriter(nack);
        writer.AddReceiverReport(1);
        writer.AddNack(1, Header(player.Rtp.First(p => Header(p).PayloadType == PlayedVideo)).Ssrc, [missing]);
        player.SendRtcp(writer.Written);
        return missing;
    }

    private static List<ushort> Video(SyntheticPeer player) => [.. player.Rtp.Select(Header).Where(h => h.PayloadType == PlayedVideo).Select(h => h.SequenceNumber)];

    private static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    private Task<long> DropsAsync() => _rooms.OnLoopAsync(() => _rooms.Loop.Statistics().TransportDrops["ParticipantRate"]);
}
