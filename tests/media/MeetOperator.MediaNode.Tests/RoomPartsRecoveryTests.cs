using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>What passes between the loops of a room when one of them stood still for a while, and in rooms whose clients encrypt frames end to end.</summary>
public sealed class RoomPartsRecoveryTests : IAsyncLifetime
{
    private PartedRoom _room = null!;

    public async Task InitializeAsync() => _room = await PartedRoom.StartAsync();

    public Task DisposeAsync() => _room.DisposeAsync().AsTask();

    /// <summary>
    /// While one loop stands still, the other one sends more media and messages than their link takes. It opens a new channel later, in which the other one gets what it has missed. Media goes on
    /// in both directions without an offer.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hold_LinkOverflows_MediaGoesOnAfterwards(bool isHubHeld)
    {
        var (left, right) = (await _room.PublishAsync("left"), await _room.PublishAsync("right"));
        var (leftView, rightView) = (await _room.SubscribeAsync("left", tracks: 2), await _room.SubscribeAsync("right", tracks: 2));
        await _room.UntilReceivedAsync(left, 1, rightView);
        await _room.UntilReceivedAsync(right, 1, leftView);
        var streams = PartedRoom.Streams(leftView) + "/" + PartedRoom.Streams(rightView);
        var (held, other) = isHubHeld ? (_room.Hub.Loop, _room.Part.Loop) : (_room.Part.Loop, _room.Hub.Loop);

        using (var standing = await HeldLoop.HoldAsync(held))
        {
            var isTaken = await LinkedLoops.OnAsync(other, () =>
            {
                var link = Assert.Single(other.LoopLinks.All);
                for (var i = 0; i < 2_000; i++)
                {
                    link.SendRtp(LinkedLoops.Header((ushort)i), new byte[1_000]);
                }

                return Enumerable.Range(0, 12_000).All(_ => link.TrySend(new byte[900]));
            });
            Assert.False(isTaken);
            await MuteAsync(true);
            await standing.ReleaseAsync();
        }

        await _room.UntilTrueAsync("the other loop knows", () => LinkedLoops.OnAsync(held, () => IsMuted(isHubHeld ? _room.Hub : _room.Part)));
        await MuteAsync(false);
        await _room.UntilReceivedAsync(left, 2, rightView);
        await _room.UntilReceivedAsync(right, 2, leftView);
        Assert.Equal(streams, PartedRoom.Streams(leftView) + "/" + PartedRoom.Streams(rightView));
        Assert.DoesNotContain(_room.Events.All, e => e.Type == RoomEventTypes.Offer);
        Assert.Equal(2, _room.Node.Host.Rooms.Parts.Count);

        Task MuteAsync(bool isMuted) =>
            _room.Node.Control.MuteAsync(PartedRoom.Room, isHubHeld ? "right" : "left", new TrackMuteRequest { Muted = new MuteState { Microphone = isMuted } }, default);

        static bool IsMuted(NodeRoom part) => part.Tracks.Relayed.Any(t => t.Track.IsMuted);
    }

    /// <summary>The node cannot read the frames, so redundant audio is not used, neither by clients nor between loops, and payloads cross as they are.</summary>
    [Fact]
    public async Task Payload_EncryptedEndToEnd_CrossesUnchanged()
    {
        await _room.Node.Control.PutRoomAsync(PartedRoom.Room, new RoomSpec { Generation = 1, E2ee = true }, default);
        var answer = "";
        var right = _room.Create();
        var offer = TestSdp.Publish(right).Replace("a=rtpmap:111", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111", StringComparison.Ordinal)
            .Replace("SAVPF 111", "SAVPF 63 111", StringComparison.Ordinal);
        answer = (await _room.Node.Control.PublishAsync(PartedRoom.Room, "right", new SdpOffer { Generation = 1, Sdp = offer }, default)).Sdp;
        right.Connect(answer);
        var left = await _room.SubscribeAsync("left", tracks: 2);
        var payload = new byte[150];
        new Random(5).NextBytes(payload);

        await _room.UntilAsync("sound and pictures", () => Send() && Payloads(111).Count > 50 && Payloads(96).Count > 50);

        Assert.Contains("SAVPF 111\r\n", answer, StringComparison.Ordinal);
        Assert.All(Payloads(111).Concat(Payloads(96)), received => Assert.Equal(payload, received));
        Assert.Equal(["96", "111"], left.Rtp.Select(p => $"{PartedRoom.Header(p).PayloadType}").Distinct().OrderBy(int.Parse));
        Assert.True(await _room.AtAsync("left", room => room.Tracks.Relayed.All(t => t.Track.Options.IsEncrypted)));

        bool Send()
        {
            right.SendRtp(TestSdp.AudioSsrc, 111, 0, payload);
            right.SendRtp(TestSdp.VideoSsrc, 96, 0, payload, marker: true);
            return true;
        }

        List<byte[]> Payloads(byte payloadType) => [.. left.Rtp.Where(p => PartedRoom.Header(p).PayloadType == payloadType).Select(p => p[PartedRoom.Header(p).Length..])];
    }

    /// <summary>Redundant audio of a client that is not encrypted crosses as plain audio.</summary>
    [Fact]
    public async Task Payload_RedundantAudio_ReachesTheOtherPart()
    {
        var right = await _room.PublishAsync("right", peer => TestSdp.Publish(peer)
            .Replace("a=rtpmap:111", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111", StringComparison.Ordinal)
            .Replace("SAVPF 111", "SAVPF 63 111", StringComparison.Ordinal));
        var left = await _room.SubscribeAsync("left", tracks: 2);

        await _room.UntilAsync("sound", () => Send() && left.Rtp.Count(p => p[^1] == 7 && PartedRoom.Header(p).PayloadType == 111) > 10);

        bool Send()
        {
            right.SendRtp(TestSdp.AudioSsrc, 63, 0, [111, 1, 2, 7]); // one block, the primary one
            return true;
        }
    }

    /// <summary>A large meeting: more tracks than a loop handles messages at a time.</summary>
    [Fact]
    public async Task Play_FirstOfANewPartOfALargeRoom_HasTheLastTrack()
    {
        const int Publishers = 150;
        await _room.Node.Control.PutRoomAsync(PartedRoom.Room, new RoomSpec { Generation = 1, MaxParticipants = 2 * Publishers }, default);
        for (var i = 0; i < Publishers; i++)
        {
            await _room.Node.Control.PublishAsync(PartedRoom.Room, $"left-{i}", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_room.Create()) }, default);
        }

        var answer = await _room.Node.Control.PlayAsync(PartedRoom.Room, "right", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(_room.Create()), Feeds = [$"left-{Publishers - 1}"] }, default);

        Assert.Equal(2, answer.Tracks.Count);
        Assert.Equal(2 * Publishers, await LinkedLoops.OnAsync(_room.Part.Loop, () => _room.Part.Tracks.Relayed.Count()));
    }
}
