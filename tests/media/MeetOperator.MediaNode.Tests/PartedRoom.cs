using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A media node with two loops and a room that may use both. Participants whose names begin with "r" are on the second loop, all others with the hub.</summary>
internal sealed class PartedRoom : IAsyncDisposable
{
    public const string Room = "r";
    private readonly List<SyntheticPeer> _peers = [];

    private PartedRoom(TestNode node) => Node = node;

    public TestNode Node { get; }

    public RoomEvents Events { get; private set; } = null!;

    public SyntheticPeer[] Peers => [.. _peers];

    public NodeRoom Hub => Node.Host.Rooms.Rooms.Single(r => r.Id == Room);

    /// <summary>The part on the second loop.</summary>
    public NodeRoom Part => Node.Host.Rooms.Parts.Single(r => r.Id == Room && !r.IsHub);

    public static async Task<PartedRoom> StartAsync(int loops = 2, int maxParticipants = 100)
    {
        var room = new PartedRoom(await TestNode.StartAsync(o => o with { UdpPorts = [.. Enumerable.Repeat(0, loops)], SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromMinutes(5) }));
        var rooms = room.Node.Host.Rooms;
        rooms.ChoosePart = static (participant, loads) =>
        {
            var hub = Array.FindIndex(loads, l => l.IsHub);
            return participant[0] is >= 'r' and <= 't' ? (hub + participant[0] - 'r' + 1) % loads.Length : hub;
        };
        await room.Node.Control.PutRoomAsync(Room, new RoomSpec { Generation = 1, MaxParticipants = maxParticipants }, default);
        room.Events = await RoomEvents.OpenAsync(room.Node.Control, Room);
        return room;
    }

    public static RtpHeader Header(byte[] packet)
    {
        Assert.True(RtpHeader.TryParse(packet, out var header));
        return header;
    }

    public static int Count(SyntheticPeer subscriber, byte payloadType, byte mark) => subscriber.Rtp.Count(p => p[^1] == mark && Header(p).PayloadType == payloadType);

    public static bool Send(SyntheticPeer publisher, byte mark)
    {
        publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, mark]);
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, mark], marker: true); // a key frame
        return true;
    }

    public SyntheticPeer Create()
    {
        _peers.Add(new SyntheticPeer());
        return _peers[^1];
    }

    public Task UntilAsync(string what, Func<bool> condition) => SyntheticPeer.UntilAsync(what, condition, Peers);

    public Task UntilTrueAsync(string what, Func<Task<bool>> condition) => SyntheticPeer.UntilTrueAsync(what, condition, Peers);

    /// <summary>Sends until each subscriber has received three packets of sound and three of video with the mark at their end.</summary>
    public Task UntilReceivedAsync(SyntheticPeer publisher, byte mark, params SyntheticPeer[] subscribers) =>
        UntilAsync($"sound and pictures with mark {mark}", () => Send(publisher, mark) && subscribers.All(s => Count(s, 96, mark) >= 3 && Count(s, 111, mark) >= 3));

    public async Task<SyntheticPeer> PublishAsync(string name, Func<SyntheticPeer, string>? sdp = null, bool restart = false)
    {
        var peer = Create();
        var answer = await Node.Control.PublishAsync(Room, name, new SdpOffer { Generation = 1, Sdp = (sdp ?? (p => TestSdp.Publish(p)))(peer), Restart = restart }, default);
        peer.Connect(answer.Sdp);
        await UntilAsync($"{name} connected", () => peer.IsConnected);
        return peer;
    }

    /// <summary>Subscribes when the part of the participant knows a number of tracks of others.</summary>
    public async Task<SyntheticPeer> SubscribeAsync(string name, int tracks, SlotCounts? slots = null)
    {
        await Node.Control.PutParticipantAsync(Room, name, new ParticipantSpec { Generation = 1 }, default);
        await UntilTrueAsync("the tracks are known", () => AtAsync(name, room => room.Tracks.For(name).Count >= tracks));
        var peer = Create();
        var offer = await Node.Control.SubscribeAsync(Room, name, new SubscribeRequest { Generation = 1, Slots = slots }, default);
        await Node.Control.AnswerAsync(Room, name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await UntilAsync($"{name} connected", () => peer.IsConnected);
        return peer;
    }

    /// <summary>Runs work on the part of a participant.</summary>
    public Task<T> AtAsync<T>(string participant, Func<NodeRoom, T> work) => Node.Host.Rooms.RunAsync(Room, participant, joins: false, work, default);

    public static Task<T> OnAsync<T>(MediaLoop loop, Func<T> work) => loop.RunAsync(work, default);

    public async ValueTask DisposeAsync()
    {
        _peers.ForEach(p => p.Dispose());
        await Events.DisposeAsync();
        await Node.DisposeAsync();
    }
}
