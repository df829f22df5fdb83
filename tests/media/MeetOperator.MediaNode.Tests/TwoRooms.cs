using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A node with one loop and two rooms: a call in room <c>neighbour</c> that must continue, and room <c>bad</c>, in which failures occur.</summary>
internal sealed class TwoRooms : IAsyncDisposable
{
    public const string Bad = "bad";
    public const string Neighbour = "neighbour";
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];

    private TwoRooms(TestNode node) => Node = node;

    public TestNode Node { get; }

    public MediaLoop Loop => Node.Host.Loops[0];

    public SyntheticPeer Alice { get; } = new();

    public SyntheticPeer Bob { get; } = new();

    public static async Task<TwoRooms> StartAsync()
    {
        var rooms = new TwoRooms(await TestNode.StartAsync(o => o with { TcpPort = 0 }));
        await rooms.Node.Control.PutRoomAsync(Bad, new RoomSpec { Generation = 1 }, default);
        await rooms.Node.Control.PutRoomAsync(Neighbour, new RoomSpec { Generation = 1 }, default);
        await rooms.PublishAsync(Neighbour, "alice", rooms.Alice);
        var offer = await rooms.Node.Control.SubscribeAsync(Neighbour, "bob", new SubscribeRequest { Generation = 1 }, default);
        await rooms.Node.Control.AnswerAsync(Neighbour, "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, rooms.Bob) }, default);
        rooms.Bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("bob connected", () => rooms.Bob.IsConnected, rooms.Alice, rooms.Bob);
        rooms.SendFromAlice(1);
        await SyntheticPeer.UntilAsync("first video packet", () => rooms.Bob.Rtp.Count == 1, rooms.Alice, rooms.Bob);
        return rooms;
    }

    public async Task PublishAsync(string room, string name, SyntheticPeer peer)
    {
        var answer = await Node.Control.PublishAsync(room, name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer, Alice, Bob);
    }

    /// <summary>Opens a session for <paramref name="owner"/> on the loop. The peer starts to connect to it.</summary>
    public async Task<PeerSession> OpenAsync(IPeerSessionOwner owner, SyntheticPeer peer)
    {
        var (session, sdp) = await RunAsync(Bad, room =>
        {
            var opened = room.Sessions.Open(owner, new IngressLimit(), new PathGuard(new KnownRelays()), room.Sessions.CreateTransport(IceCredentials.Generate()));
            opened.Transport.SetRemote(peer.Credentials, SyntheticPeer.Fingerprint);
            var local = room.Sessions.Describe(opened, allowsTcp: false);
            return (opened, $"a=ice-ufrag:{local.Ufrag}\r\na=ice-pwd:{local.Password}\r\na=fingerprint:sha-256 {local.Fingerprint}\r\na=candidate:1 1 udp 1 127.0.0.1 {Loop.Port} typ host\r\na=candidate:2 1 tcp 1 127.0.0.1 {Node.Host.TcpPort} typ host tcptype passive\r\n");
        });
        peer.Connect(sdp);
        return session;
    }

    public Task<T> RunAsync<T>(string room, Func<NodeRoom, T> work) => Node.Host.Rooms.RunAsync(room, work, default);

    public Task<T> OnLoopAsync<T>(Func<T> work) => Loop.RunAsync(work, default);

    /// <summary>Runs <paramref name="send"/> while the loop is blocked, so that the loop receives its datagrams as one batch.</summary>
    public Task InOneBatchAsync(Action send) => WhileLoopBlockedAsync(() =>
    {
        send();
        return Task.CompletedTask;
    });

    /// <summary>Runs <paramref name="work"/> while the loop is blocked.</summary>
    public async Task WhileLoopBlockedAsync(Func<Task> work)
    {
        using var held = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var holding = OnLoopAsync(() =>
        {
            held.Set();
            return release.Wait(TimeSpan.FromSeconds(30));
        });
        Assert.True(held.Wait(TimeSpan.FromSeconds(30)));
        await work();
        release.Set();
        Assert.True(await holding);
    }

    public void SendFromAlice(int packets)
    {
        for (var i = 0; i < packets; i++)
        {
            Alice.SendRtp(TestSdp.VideoSsrc, 96, 0, KeyFrame, marker: true);
        }
    }

    /// <summary>From now on, who joins gets nothing of what alice has sent before: not after a mute.</summary>
    public async Task ForgetKeyFrameAsync()
    {
        foreach (var muted in new[] { true, false })
        {
            await Node.Control.MuteAsync(Neighbour, "alice", new TrackMuteRequest { Muted = new MuteState { Camera = muted } }, default);
        }
    }

    /// <summary>Asserts that bob has received every packet so far, receives new packets, and that the room's timers run.</summary>
    public async Task AssertNeighbourUnaffectedAsync(int packetsSoFar)
    {
        await SyntheticPeer.UntilAsync("all packets of the neighbour room so far", () => Bob.Rtp.Count >= packetsSoFar, Alice, Bob);
        SendFromAlice(10);
        await SyntheticPeer.UntilAsync("new packets of the neighbour room", () => Bob.Rtp.Count == packetsSoFar + 10, Alice, Bob);
        Alice.Rtcp.Clear();
        await SyntheticPeer.UntilAsync("reports to the publisher of the neighbour room", () => Alice.Rtcp.Count > 0, Alice, Bob);
        Assert.True(Alice.IsConnected && Bob.IsConnected);
    }

    /// <summary>The number of failures in the node's metrics.</summary>
    public Task<long> FailuresAsync(FailureScope scope) => OnLoopAsync(() => Loop.Failures.Copy()[scope.ToString()]);

    public async ValueTask DisposeAsync()
    {
        Alice.Dispose();
        Bob.Dispose();
        await Node.DisposeAsync();
    }
}
