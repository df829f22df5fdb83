using System.Diagnostics;
using MeetOperator.MediaNode.Limits;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The ingress of one participant is limited, and others are not affected.</summary>
public sealed class IngressTests : IAsyncLifetime
{
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Fact]
    public async Task Publish_AboveTheRateLimit_IsLimitedAndOthersAreUnaffected()
    {
        using var mallory = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", mallory);
        var payload = new byte[1300];
        var watch = Stopwatch.StartNew();
        long sent = 0;

        while (await DropsAsync("ParticipantRate") < 2_000)
        {
            await _rooms.InOneBatchAsync(() =>
            {
                for (var i = 0; i < 100; i++)
                {
                    mallory.SendRtp(TestSdp.VideoSsrc, 96, 0, payload);
                }
            });
            sent += 100;
            _rooms.Alice.Pump();
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{sent} packets of 1,300 bytes without reaching the limit");
        }

        var received = await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Single().PublishedTracks.Single(t => t.Kind == "video").Track.ReceivedPackets);
        var allowed = (watch.Elapsed.TotalSeconds + 1.1) * IngressLimit.BytesPerSecond;
        Assert.InRange(received * payload.Length, 1, (long)allowed);
        await _rooms.AssertNeighbourUnaffectedAsync(1);

        // A participant below the limit is served again on the same connection.
        mallory.Pump();
        await SyntheticPeer.UntilTrueAsync(
            "packets of mallory are accepted again",
            async () =>
            {
                mallory.SendRtp(TestSdp.VideoSsrc, 96, 0, [1, 2, 3]);
                return await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Single().PublishedTracks.Single(t => t.Kind == "video").Track.ReceivedPackets) > received;
            },
            mallory,
            _rooms.Alice,
            _rooms.Bob);
    }

    [Fact]
    public async Task Publish_PacketOver1400Bytes_IsDroppedAndCounted()
    {
        byte[] start = [0x10, 0x00, 1, 2, 3, 4];
        _rooms.Alice.SendRtp(TestSdp.VideoSsrc, 96, 0, [.. start, .. new byte[1400 - 12 - start.Length]]);
        await SyntheticPeer.UntilAsync("a packet of 1,400 bytes", () => _rooms.Bob.Rtp.Count == 2, _rooms.Alice, _rooms.Bob);

        _rooms.Alice.SendRtp(TestSdp.VideoSsrc, 96, 0, [.. start, .. new byte[1401 - 12 - start.Length]]);
        await SyntheticPeer.UntilTrueAsync("a packet of 1,401 bytes is counted", async () => await DropsAsync("RtpTooLarge") == 1, _rooms.Alice, _rooms.Bob);

        await _rooms.AssertNeighbourUnaffectedAsync(2);
        const int NumberBytes = 8; // the extension with the transport-wide sequence number, which the publisher's packet does not have
        Assert.DoesNotContain(_rooms.Bob.Rtp, p => p.Length > 1400 + NumberBytes);
    }

    [Fact]
    public async Task Publish_PacketOfNoTrack_IsDroppedAndCounted()
    {
        Assert.Equal(0, await DropsAsync("UnknownStream"));

        _rooms.Alice.SendRtp(4711, payloadType: 77, 0, [1, 2, 3]);
        await SyntheticPeer.UntilTrueAsync("the packet is counted", async () => await DropsAsync("UnknownStream") == 1, _rooms.Alice, _rooms.Bob);

        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public void IngressLimit_ScreenCameraAndAudio_StayBelowIt()
    {
        var limit = new IngressLimit();
        for (var ms = 0; ms < 10_000; ms++)
        {
            var now = TimeSpan.TicksPerHour + (ms * TimeSpan.TicksPerMillisecond);

            // 8 Mbit/s screen and 5 Mbit/s camera in packets of 1,200 bytes, 50 audio packets a second, and a key frame of 800 KB every two seconds.
            var packets = (ms % 2000 == 0 ? 670 : 0) + (ms % 10 == 0 ? 14 : 0) + (ms % 20 == 0 ? 1 : 0);
            for (var i = 0; i < packets; i++)
            {
                Assert.False(limit.IsExhausted(now), $"after {ms} ms");
                limit.Count(now, 1200);
            }
        }
    }

    private Task<long> DropsAsync(string cause) => _rooms.OnLoopAsync(() => _rooms.Loop.Statistics().TransportDrops[cause]);
}
