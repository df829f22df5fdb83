using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Many people join one room of a media node with two loops at once. The media node itself chooses where.</summary>
public sealed class RoomPartsStormTests : IAsyncLifetime
{
    private const string Room = "r";
    private const int Participants = 200;

    /// <summary>The control API is for a few replicas of signaling, each with a few connections.</summary>
    private readonly SemaphoreSlim _requests = new(16);
    private readonly List<SyntheticPeer> _peers = [];
    private readonly Dictionary<string, long> _confirmed = [];
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { UdpPorts = [0, 0], SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromMinutes(5) });
        await _node.Control.PutRoomAsync(Room, new RoomSpec { Generation = 1, MaxParticipants = Participants }, default);
    }

    public async Task DisposeAsync()
    {
        _peers.ForEach(p => p.Dispose());
        _requests.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Join_TwoHundredAtOnce_UseBothLoopsAndSeeEachOther()
    {
        var joined = await Task.WhenAll(Enumerable.Range(0, Participants).Select(JoinAsync));
        var parts = _node.Host.Rooms.Parts;

        Assert.Equal(2, parts.Count);
        Assert.All(parts, part => Assert.InRange(part.ParticipantCount, 60, 140));
        var report = await _node.Control.GetRoomAsync(Room, default);
        Assert.Equal((Participants, 2 * Participants, Participants), (report.Participants, report.UpTracks, report.ParticipantList!.Count(p => p.SubscribeSession is { Length: > 0 })));
        foreach (var part in parts)
        {
            await LinkedLoops.UntilAsync("the part knows everybody", () => part.Loop.RunAsync(() => part.Tracks.For("nobody").Count == 2 * Participants, default));
        }

        // One of each part is seen by one of each part.
        await using var events = await RoomEvents.OpenAsync(_node.Control, Room);
        foreach (var (speaker, mark) in new[] { (IndexOn(parts[0]), (byte)1), (IndexOn(parts[1]), (byte)2) })
        {
            int[] viewers = [.. parts.Select(part => IndexOn(part, speaker))];
            SyntheticPeer[] views = [.. viewers.Select(viewer => joined[viewer].View)];
            foreach (var viewer in viewers)
            {
                await _node.Control.ViewAsync(Room, $"p-{viewer}", PartedRoom.Shows(($"p-{speaker}", "camera")), default);
            }

            SyntheticPeer[] active = [joined[speaker].Publisher, .. views];
            await SyntheticPeer.UntilAsync("they are connected", () => active.All(p => p.IsConnected), active);
            await SyntheticPeer.UntilTrueAsync(
                "picture and sound",
                async () =>
                {
                    await Task.WhenAll(viewers.Select(viewer => ConfirmAsync(events, $"p-{viewer}")));
                    return Speak(joined[speaker].Publisher, mark) && views.All(v => PartedRoom.Count(v, 96, mark) > 3 && PartedRoom.Count(v, 111, mark) > 3);
                },
                active);
        }

        int IndexOn(NodeRoom part, int except = -1) => Enumerable.Range(0, Participants).First(i => i != except && joined[i].Part == part);
    }

    /// <summary>Of two hundred microphones, only those with a voice are heard.</summary>
    private static bool Speak(SyntheticPeer publisher, byte mark)
    {
        publisher.SendVoice(TestSdp.AudioSsrc, 0, 10, [1, 2, mark]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, mark], marker: true);
        return true;
    }

    /// <summary>Does what a client does after each change of its slots. Otherwise they would keep what they have carried first.</summary>
    private async Task ConfirmAsync(RoomEvents events, string name)
    {
        if (events.Last(RoomEventTypes.Slots, name) is { SessionId: { } session, SlotsVersion: { } version } && _confirmed.GetValueOrDefault(name) != version)
        {
            _confirmed[name] = version;
            await _node.Control.ConfirmSlotsAsync(Room, name, new SlotsConfirmation { SessionId = session, Version = version }, default);
        }
    }

    /// <summary>A participant publishes and subscribes at the same time, as clients do. Both connections are on one part.</summary>
    private async Task<(SyntheticPeer Publisher, SyntheticPeer View, NodeRoom Part)> JoinAsync(int index)
    {
        var (publisher, view, name) = (new SyntheticPeer(), new SyntheticPeer(), $"p-{index}");
        lock (_peers)
        {
            _peers.AddRange([publisher, view]);
        }

        await _requests.WaitAsync();
        try
        {
            await Task.WhenAll(PublishAsync(), SubscribeAsync());
        }
        finally
        {
            _requests.Release();
        }

        return (publisher, view, await _node.Host.Rooms.RunAsync(Room, name, joins: null, room => room, default));

        async Task PublishAsync() => publisher.Connect((await _node.Control.PublishAsync(Room, name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(publisher) }, default)).Sdp);

        async Task SubscribeAsync()
        {
            var offer = await _node.Control.SubscribeAsync(Room, name, new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 3, Video = 2 } }, default);
            await _node.Control.AnswerAsync(Room, name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, view) }, default);
            view.Connect(offer.Sdp);
        }
    }
}
