using MeetOperator.Sfu.Egress;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>An unexpected error in a session, room, timer or command ends only that one. The loop and everything else on it continue.</summary>
public sealed class FailureIsolationTests : IAsyncLifetime
{
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Theory]
    [InlineData(nameof(IPeerSessionOwner.OnRtp))]
    [InlineData(nameof(IPeerSessionOwner.OnRtcp))]
    [InlineData(nameof(IPeerSessionOwner.HandleTimeout))]
    [InlineData(nameof(IPeerSessionOwner.OnStateChanged))]
    public async Task Session_CallbackThrows_EndsOnlyThatSession(string callback)
    {
        var owner = new ThrowingOwner();
        using var peer = new SyntheticPeer();
        var session = await _rooms.OpenAsync(owner, peer);
        if (callback != nameof(IPeerSessionOwner.OnStateChanged))
        {
            await SyntheticPeer.UntilAsync("connected", () => peer.IsConnected, peer, _rooms.Alice, _rooms.Bob);
        }

        await _rooms.InOneBatchAsync(() =>
        {
            owner.ThrowsIn.Add(callback);
            SendFrom(peer, callback);
            _rooms.SendFromAlice(20);
        });

        await SyntheticPeer.UntilTrueAsync("the session is removed", async () => !await _rooms.OnLoopAsync(() => _rooms.Loop.Peers.Sessions.Contains(session)), peer, _rooms.Alice, _rooms.Bob);
        SendFrom(peer, callback);
        await _rooms.AssertNeighbourUnaffectedAsync(21);
        Assert.Equal(1, owner.Thrown(callback));
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Session));
        Assert.Contains(
            $"meet_loop_failures_total{{port=\"{_rooms.Loop.Port}\",ended=\"Session\"}} 1",
            await _rooms.Node.Http.GetStringAsync(new Uri(_rooms.Node.Address, "metrics")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_OwnerThrowsWhileEnding_IsRemoved()
    {
        var owner = new ThrowingOwner { ThrowsIn = { nameof(IPeerSessionOwner.OnRtp), nameof(IPeerSessionOwner.OnFailure) } };
        using var peer = new SyntheticPeer();
        var session = await _rooms.OpenAsync(owner, peer);
        await SyntheticPeer.UntilAsync("connected", () => peer.IsConnected, peer, _rooms.Alice, _rooms.Bob);

        await _rooms.InOneBatchAsync(() =>
        {
            peer.SendRtp(1, 96, 0, [1, 2, 3]);
            peer.SendRtp(1, 96, 0, [1, 2, 3]);
            _rooms.SendFromAlice(20);
        });

        await _rooms.AssertNeighbourUnaffectedAsync(21);
        Assert.False(await _rooms.OnLoopAsync(() => _rooms.Loop.Peers.Sessions.Contains(session)));
        Assert.Equal((1, 1), (owner.Thrown(nameof(IPeerSessionOwner.OnRtp)), owner.Thrown(nameof(IPeerSessionOwner.OnFailure))));
    }

    [Fact]
    public async Task Session_Fails_ReportsTheReasonAndCanBeReopened()
    {
        await using var events = await RoomEvents.OpenAsync(_rooms.Node.Control, TwoRooms.Bad);
        using var mallory = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", mallory);

        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            // An invalid track that makes the publisher throw.
            var publisher = Publisher(room.Participants.Single(p => p.Id == "mallory").Sessions.Find<PublishSession>()!);
            return Assert.Throws<NullReferenceException>(() => publisher.Add(null!));
        });

        await events.UntilAsync("the session failed", e => e.All.Any(x => x is { Type: RoomEventTypes.SessionState, ParticipantId: "mallory", State: "failed", Reason: "error" }));
        Assert.Equal(2, events.All.Count(e => e.Type == RoomEventTypes.TrackRemoved));
        using var again = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", again);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Subscriber_ForwardingThrows_EndsOnlyThatSubscriber()
    {
        var egress = new ThrowingEgress();
        using var carol = await JoinAfterAsync(egress);

        await _rooms.InOneBatchAsync(() => _rooms.SendFromAlice(20));

        await _rooms.AssertNeighbourUnaffectedAsync(21);
        await SyntheticPeer.UntilAsync("the subscriber behind the failing one has all packets", () => carol.Rtp.Count == 30, carol, _rooms.Alice, _rooms.Bob);
        Assert.Equal((1, 1), (egress.Sent, egress.Failed));
    }

    [Fact]
    public async Task Subscriber_SendingReportThrows_EndsOnlyThatSubscriber()
    {
        var egress = new ThrowingEgress { TakesRtp = true };
        using var carol = await JoinAfterAsync(egress);
        _rooms.SendFromAlice(1);
        await SyntheticPeer.UntilAsync("a video packet for carol", () => carol.Rtp.Count == 1, carol, _rooms.Alice, _rooms.Bob);
        Assert.Equal((1, 0), (egress.Sent, egress.Failed));
        carol.Rtcp.Clear();

        await _rooms.InOneBatchAsync(() =>
        {
            _rooms.Alice.SendRtcp([0x80, 200, 0, 6, 0, 0, 0, (byte)TestSdp.VideoSsrc, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
            _rooms.SendFromAlice(20);
        });

        await SyntheticPeer.UntilAsync("the report for the subscriber behind", () => Has(carol, RtcpPacketType.SenderReport), carol, _rooms.Alice, _rooms.Bob);
        await _rooms.AssertNeighbourUnaffectedAsync(22);
        Assert.Equal((1, 1), (egress.Sent, egress.Failed));
        Assert.Equal(0, await _rooms.FailuresAsync(FailureScope.Session));
    }

    [Fact]
    public async Task Subscriber_SendingByeThrows_EndsOnlyThatSubscriber()
    {
        var egress = new ThrowingEgress { TakesRtp = true };
        using var carol = await JoinAfterAsync(egress);
        _rooms.SendFromAlice(1);
        await SyntheticPeer.UntilAsync("a video packet for carol", () => carol.Rtp.Count == 1, carol, _rooms.Alice, _rooms.Bob);

        await _rooms.Node.Control.PublishAsync(TwoRooms.Neighbour, "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_rooms.Alice, video: false) }, default);

        await SyntheticPeer.UntilAsync("the BYE for the subscriber behind", () => Has(carol, RtcpPacketType.Goodbye), carol, _rooms.Alice, _rooms.Bob);
        Assert.Equal((1, 1), (egress.Sent, egress.Failed));
        Assert.Equal(1, (await _rooms.Node.Control.GetRoomAsync(TwoRooms.Neighbour, default)).UpTracks);
    }

    [Fact]
    public async Task Subscriber_RetransmittingThrows_EndsOnlyThatSession()
    {
        await _rooms.ForgetKeyFrameAsync();
        using var carol = new SyntheticPeer();
        var play = await _rooms.Node.Control.PlayAsync(
            TwoRooms.Neighbour, "carol", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(carol, audio: false, rtx: false), Feeds = ["alice"] }, default);
        carol.Connect(play.Sdp);
        await SyntheticPeer.UntilAsync("carol connected", () => carol.IsConnected, carol, _rooms.Alice, _rooms.Bob);
        _rooms.SendFromAlice(1);
        await SyntheticPeer.UntilAsync("a video packet for carol", () => carol.Rtp.Count == 1, carol, _rooms.Alice, _rooms.Bob);
        var session = await _rooms.RunAsync(TwoRooms.Neighbour, room =>
        {
            var found = room.Participants.Single(p => p.Id == "carol").Sessions.Find<PlaySession>()!;
            ReplaceEgress(Tracks(Subscriber(found)).Single(), new ThrowingEgress());
            return found.Peer;
        });
        Assert.True(RtpHeader.TryParse(carol.Rtp.Single(), out var lost));

        await _rooms.InOneBatchAsync(() =>
        {
            carol.SendRtcp(Nack(lost.Ssrc, lost.SequenceNumber));
            _rooms.SendFromAlice(20);
        });

        await SyntheticPeer.UntilTrueAsync("the session is removed", async () => !await _rooms.OnLoopAsync(() => _rooms.Loop.Peers.Sessions.Contains(session)), carol, _rooms.Alice, _rooms.Bob);
        await _rooms.AssertNeighbourUnaffectedAsync(22);
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Session));
    }

    [Fact]
    public async Task Publish_AnnouncingTrackThrows_FailsOnlyItsCaller()
    {
        using var mallory = new SyntheticPeer();
        await _rooms.Node.Control.PublishAsync(TwoRooms.Bad, "mallory", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(mallory, video: false) }, default);
        var thrown = 0;
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            room.Participants.Single().Tracks.Added += Throw;
            return true;
        });

        await Assert.ThrowsAnyAsync<Exception>(() => _rooms.Node.Control.PublishAsync(TwoRooms.Bad, "mallory", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(mallory) }, default));

        Assert.Equal(1, thrown);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            room.Participants.Single().Tracks.Added -= Throw;
            return true;
        });
        using var again = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", again);
        Assert.Equal(2, (await _rooms.Node.Control.GetRoomAsync(TwoRooms.Bad, default)).UpTracks);

        void Throw(PublishedTrack track)
        {
            thrown++;
            throw new InvalidOperationException("error in an announcement");
        }
    }

    [Fact]
    public async Task Subscriber_CreatingOfferThrows_EndsOnlyThatSession()
    {
        await using var events = await RoomEvents.OpenAsync(_rooms.Node.Control, TwoRooms.Bad);
        foreach (var name in new[] { "mallory", "dave" })
        {
            await _rooms.Node.Control.SubscribeAsync(TwoRooms.Bad, name, new SubscribeRequest { Generation = 1 }, default);
        }

        await _rooms.RunAsync(TwoRooms.Bad, room => Sections((TrackSubscription)Subscription(room.Participants.Single(p => p.Id == "mallory").Sessions.Find<SubscribeSession>()!)) = null!);
        using var eve = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "eve", eve);

        await events.UntilAsync("an offer for the subscriber behind", e => e.Last(RoomEventTypes.Offer, "dave")?.Tracks?.Count == 2);
        await events.UntilAsync("the session failed", e => e.All.Any(x => x is { Type: RoomEventTypes.SessionState, ParticipantId: "mallory", State: "failed", Reason: "error" }));
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Session));
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Datagram_WithoutSessionThrows_DropsOnlyThatDatagram()
    {
        var probe = _rooms.Loop.Probe;
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await _rooms.InOneBatchAsync(() =>
        {
            Probe(_rooms.Loop) = null!;
            stranger.SendTo([1, 2, 3], new IPEndPoint(IPAddress.Loopback, _rooms.Loop.Port));
            _rooms.SendFromAlice(20);
        });

        await _rooms.AssertNeighbourUnaffectedAsync(21);
        await _rooms.OnLoopAsync(() => Probe(_rooms.Loop) = probe);
        Assert.InRange(await _rooms.FailuresAsync(FailureScope.Datagram), 1, long.MaxValue); // the node's own probes fail too
        Assert.Equal(0, await _rooms.FailuresAsync(FailureScope.Iteration));
    }

    [Fact]
    public async Task Iteration_Throws_LoopContinues()
    {
        Assert.True(Commands(_rooms.Loop).Writer.TryWrite(() => throw new InvalidOperationException("error in the loop itself")));

        await _rooms.AssertNeighbourUnaffectedAsync(1);
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Iteration));
    }

    [Fact]
    public async Task Room_TimerThrows_EndsOnlyThatRoom()
    {
        await using var events = await RoomEvents.OpenAsync(_rooms.Node.Control, TwoRooms.Bad);
        using var mallory = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", mallory);
        var bad = await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            Speakers(room) = null!; // an error that belongs to no participant
            Tracks(room.Participants.Single().Sessions.Find<PublishSession>()!).Add(null!); // makes ending the session throw as well
            return room;
        });

        await events.UntilAsync("the room has ended", e => e.HasEnded);
        Assert.Equal("error", events.Last(RoomEventTypes.RoomEnded)!.Reason);
        var report = await _rooms.Node.Control.GetNodeAsync(default);
        Assert.Equal([TwoRooms.Neighbour], report.Rooms.Select(r => r.Room));
        Assert.Equal(2, await _rooms.OnLoopAsync(() => _rooms.Loop.Peers.Sessions.Count));
        Assert.True(bad.IsClosed);
        await _rooms.Node.Control.PutRoomAsync(TwoRooms.Bad, new RoomSpec { Generation = 1 }, default);
        using var again = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", again);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Room));
    }

    [Fact]
    public async Task Room_ReportThrows_EndsTheRoomAndTheNodeStillReports()
    {
        using var mallory = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", mallory);
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            Traffic(room) = null!; // an error that belongs to no participant
            return true;
        });

        var report = await _rooms.Node.Control.GetNodeAsync(default);

        Assert.Equal([TwoRooms.Neighbour], report.Rooms.Select(r => r.Room));
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Room));
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Room_CloseThrows_RemovesItFromTheDirectory()
    {
        var room = _rooms.Node.Host.Rooms.Rooms.Single(r => r.Id == TwoRooms.Bad);
        await _rooms.OnLoopAsync(() =>
        {
            // Cutting off a disposed reader throws.
            room.Events.Open([]).Dispose();
            for (var i = 0; i < RoomEventReader.MaxQueued; i++)
            {
                room.Events.Publish(new RoomEvent { Type = RoomEventTypes.Speaking });
            }

            room.Fail(new InvalidOperationException("error in a room"));
            return true;
        });

        Assert.Equal([TwoRooms.Neighbour], _rooms.Node.Host.Rooms.Rooms.Select(r => r.Id));
        Assert.Equal(0, RoomEvents.CountReaders(room.Events));
        Assert.Equal(2, await _rooms.FailuresAsync(FailureScope.Room));
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task PutRoom_ClosedRoomInDirectory_CreatesANewRoom()
    {
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            room.Close("error");
            return true;
        });

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var (_, created) = await _rooms.Node.Host.Rooms.PutAsync(TwoRooms.Bad, new RoomSpec { Generation = 1 }, limit.Token);

        Assert.True(created);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Publish_EndingPreviousSessionThrows_NewSessionContinues()
    {
        using var mallory = new SyntheticPeer();
        using var again = new SyntheticPeer();
        await _rooms.PublishAsync(TwoRooms.Bad, "mallory", mallory);
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            Tracks(room.Participants.Single().Sessions.Find<PublishSession>()!).Add(null!);
            return true;
        });
        var answer = await _rooms.Node.Control.PublishAsync(TwoRooms.Bad, "mallory", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(again), Restart = true }, default);
        again.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("connected", () => again.IsConnected, again);
        again.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
        await SyntheticPeer.UntilTrueAsync("the previous session is gone", async () => await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Single().Sessions.All.Count) == 1, again);

        Assert.Equal(3, await _rooms.OnLoopAsync(() => _rooms.Loop.Peers.Sessions.Count)); // two are the other room's
        Assert.Equal(2, await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Sum(p => p.PublishedTracks.Count)));
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Timer_Throws_IsRemovedAndOthersContinue()
    {
        var (thrown, called) = (0, 0);
        _rooms.Loop.Ticked += _ =>
        {
            Interlocked.Increment(ref thrown);
            throw new InvalidOperationException("error in a timer");
        };
        _rooms.Loop.Ticked += _ => Interlocked.Increment(ref called);

        await SyntheticPeer.UntilAsync("the timer behind it", () => Volatile.Read(ref called) > 5, _rooms.Alice, _rooms.Bob);

        await _rooms.AssertNeighbourUnaffectedAsync(1);
        Assert.Equal(1, thrown);
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Timer));
    }

    [Fact]
    public async Task DeferredAction_Throws_RunsOnceAndOthersContinue()
    {
        var (thrown, called) = (0, 0);
        await _rooms.OnLoopAsync(() =>
        {
            _rooms.Loop.Defer(() =>
            {
                thrown++;
                throw new InvalidOperationException("error in deferred work");
            });
            _rooms.Loop.Defer(() => called++);
            return true;
        });

        await _rooms.AssertNeighbourUnaffectedAsync(1);
        Assert.Equal((1, 1), await _rooms.OnLoopAsync(() => (thrown, called)));
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Deferred));
    }

    [Fact]
    public async Task Command_Throws_FailsOnlyItsCaller()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _rooms.OnLoopAsync<bool>(() => throw new InvalidOperationException("error in a command")));

        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    /// <summary>Adds a subscriber of alice's camera with <paramref name="egress"/>, and a player after it.</summary>
    private async Task<SyntheticPeer> JoinAfterAsync(ThrowingEgress egress)
    {
        await _rooms.ForgetKeyFrameAsync();
        await _rooms.RunAsync(TwoRooms.Neighbour, room => new Subscriber(egress).Add(
            room.Participants.Single(p => p.Id == "alice").PublishedTracks.Single(t => t.Kind == "video").Track,
            new DownTrackOptions { Ssrc = 1, PayloadType = 96, Extensions = HeaderExtensionMap.Empty, FirstSequenceNumber = 1, Cname = "alice" }));
        var carol = new SyntheticPeer();
        var play = await _rooms.Node.Control.PlayAsync(TwoRooms.Neighbour, "carol", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(carol), Feeds = ["alice"] }, default);
        carol.Connect(play.Sdp);
        await SyntheticPeer.UntilAsync("carol connected", () => carol.IsConnected, carol, _rooms.Alice, _rooms.Bob);
        return carol;
    }

    /// <summary>A generic NACK for one packet (RFC 4585 §6.2.1).</summary>
    private static byte[] Nack(uint ssrc, ushort sequence)
    {
        byte[] packet = [0x81, 205, 0, 3, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(12), sequence);
        return packet;
    }

    private static bool Has(SyntheticPeer peer, RtcpPacketType type)
    {
        foreach (var compound in peer.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                if (packet.Type == type)
                {
                    return true;
                }
            }
        }

        return false;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_subscription")]
    private static extern ref ISubscription Subscription(SubscribeSession session);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sections")]
    private static extern ref TrackSections Sections(TrackSubscription subscription);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_publisher")]
    private static extern ref Publisher Publisher(PublishSession session);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_subscriber")]
    private static extern ref Subscriber Subscriber(PlaySession session);

    private static List<PublishedTrack> Tracks(PublishSession session) => Carried(Succession(session));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_succession")]
    private static extern ref TrackSuccession Succession(PublishSession session);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_carried")]
    private static extern ref List<PublishedTrack> Carried(TrackSuccession succession);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_tracks")]
    private static extern ref DownTrack[] Tracks(Subscriber subscriber);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Probe>k__BackingField")]
    private static extern ref EchoProbe Probe(MediaLoop loop);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_speakers")]
    private static extern ref RoomSpeakers Speakers(NodeRoom room);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_traffic")]
    private static extern ref RoomTraffic Traffic(NodeRoom room);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_commands")]
    private static extern ref Channel<Action> Commands(MediaLoop loop);

    private static void ReplaceEgress(DownTrack track, IPeerEgress replacement)
    {
        const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;
        var paced = typeof(DownTrack).GetField("_egress", Private)!.GetValue(track)!;
        paced.GetType().GetField("_peer", Private)!.SetValue(paced, replacement);
    }

    private static void SendFrom(SyntheticPeer peer, string callback)
    {
        if (callback == nameof(IPeerSessionOwner.OnRtcp))
        {
            peer.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 7]);
        }
        else if (callback == nameof(IPeerSessionOwner.OnRtp))
        {
            peer.SendRtp(1, 96, 0, [1, 2, 3]);
            peer.SendRtp(1, 96, 0, [1, 2, 3]);
        }
    }

    private sealed class ThrowingEgress : IPeerEgress
    {
        public int Sent { get; private set; }

        public int Failed { get; private set; }

        public bool IsReady => true;

        /// <summary>When true, SendRtp does not throw.</summary>
        public bool TakesRtp { get; init; }

        public ReadOnlySpan<byte> SendRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
        {
            Sent++;
            return TakesRtp ? default(ReadOnlySpan<byte>) : throw new InvalidOperationException("error in SendRtp");
        }

        public void Retransmit(ReadOnlySpan<byte> packet) => throw new InvalidOperationException("unexpected retransmission");

        public void SendRtcp(ReadOnlySpan<byte> compound) => throw new InvalidOperationException("error in SendRtcp");

        public void WakeAt(long ticks)
        {
            // The test runs no timers.
        }

        public void Fail(Exception error) => Failed++;
    }
}
