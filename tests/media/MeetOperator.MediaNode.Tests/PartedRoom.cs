using System.Net;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A media node with two loops and a room that may use both. Participants whose names begin with "r" are on the second loop, all others with the hub.</summary>
internal sealed class PartedRoom : IAsyncDisposable
{
    public const string Room = "r";
    private const uint ScreenSsrc = 31;
    private readonly List<SyntheticPeer> _peers = [];

    private PartedRoom(TestNode node) => Node = node;

    public TestNode Node { get; }

    public RoomEvents Events { get; private set; } = null!;

    public SyntheticPeer[] Peers => [.. _peers];

    public NodeRoom Hub => Node.Host.Rooms.Rooms.Single(r => r.Id == Room);

    /// <summary>The part on the second loop.</summary>
    public NodeRoom Part => Node.Host.Rooms.Parts.Single(r => r.Id == Room && !r.IsHub);

    public static async Task<PartedRoom> StartAsync(int loops = 2, int maxParticipants = 100, TimeSpan? emptyTime = null)
    {
        var room = new PartedRoom(await TestNode.StartAsync(o => o with { UdpPorts = [.. Enumerable.Repeat(0, loops)], SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromMinutes(5) }));
        var rooms = room.Node.Host.Rooms;
        rooms.EmptyPartTime = emptyTime ?? rooms.EmptyPartTime;
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

    public static bool SendScreen(SyntheticPeer publisher, byte mark)
    {
        publisher.SendRtp(ScreenSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, mark], marker: true);
        return true;
    }

    /// <summary>Offers a microphone, a camera and a screen.</summary>
    public static string CameraAndScreen(SyntheticPeer peer) =>
        TestSdp.Publish(peer).Replace("BUNDLE 0 1", "BUNDLE 0 1 2", StringComparison.Ordinal)
        + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=sendonly\r\n" + peer.TransportLines("actpass") + $"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=ssrc:{ScreenSsrc} cname:x\r\n";

    public static ViewRequest Shows(params (string Participant, string Source)[] tracks) =>
        new() { Tracks = [.. tracks.Select(t => new ViewedTrack { ParticipantId = t.Participant, Source = t.Source, Width = 640, Height = 360 })] };

    public static ViewRequest Shows(string participant, string source, int width, int height) =>
        new() { Tracks = [new ViewedTrack { ParticipantId = participant, Source = source, Width = width, Height = height }] };

    /// <summary>The SSRCs on which a subscriber has received something.</summary>
    public static string Streams(SyntheticPeer peer) => string.Join(' ', peer.Rtp.Select(p => Header(p).Ssrc).Distinct().Order());

    /// <summary>Requests a video packet that has not arrived, if there is one.</summary>
    public static void RequestMissing(SyntheticPeer subscriber, byte payloadType)
    {
        var video = subscriber.Rtp.Select(Header).Where(h => h.PayloadType == payloadType).ToList();
        var numbers = video.Select(h => h.SequenceNumber).ToHashSet();
        if (video.Count < 2 || numbers.FirstOrDefault(n => !numbers.Contains((ushort)(n + 1)) && n != video[^1].SequenceNumber) is not (> 0 and var before))
        {
            return;
        }

        var writer = new RtcpWriter(new byte[64]);
        writer.AddReceiverReport(1);
        writer.AddNack(1, video[0].Ssrc, [(ushort)(before + 1)]);
        subscriber.SendRtcp(writer.Written);
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
    public Task<T> AtAsync<T>(string participant, Func<NodeRoom, T> work) => Node.Host.Rooms.RunAsync(Room, participant, joins: null, work, default);

    public static Task<T> OnAsync<T>(MediaLoop loop, Func<T> work) => loop.RunAsync(work, default);

    /// <summary>Links the hub with the room on another media node.</summary>
    public async Task LinkAsync(string name, TestNode other, string otherName)
    {
        var here = await OpenAsync(Node, name, other.Host.Loops[0].Port, otherName, LinkRole.Opener);
        var there = await OpenAsync(other, otherName, Hub.Loop.Port, name, LinkRole.Acceptor);
        await UntilTrueAsync("the link is up", async () => await OnAsync(Hub.Loop, () => here.State == LinkState.Up) && await OnAsync(other.Host.Loops[0], () => there.State == LinkState.Up));
    }

    public async ValueTask DisposeAsync()
    {
        _peers.ForEach(p => p.Dispose());
        await Events.DisposeAsync();
        await Node.DisposeAsync();
    }

    private static Task<LinkSession> OpenAsync(TestNode node, string name, int peerPort, string peerName, LinkRole role) => node.Host.Rooms.RunAsync(
        Room,
        room => room.OpenLink("link", name, peerName, new LinkSessionOptions
        {
            Role = role,
            LocalTag = role == LinkRole.Opener ? 1u : 2u,
            RemoteTag = role == LinkRole.Opener ? 2u : 1u,
            Addresses = [TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Loopback, peerPort))],
            Secrets = [LinkedLoops.Secret(1)],
        }),
        default);
}
