using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Egress;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Streams;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Hostile and broken clients at the TCP port of a node during a call. Real sockets.</summary>
[Collection(ExclusiveCollection.Name)]
public sealed class StreamAttackTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private static readonly byte[] DeltaFrame = [0x10, 0x01, 1, 2, 3, 4];
    private TestNode _node = null!;
    private SyntheticPeer _alice = null!;
    private uint _picture;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { TcpPort = 0, SilenceTimeout = TimeSpan.FromMinutes(5) });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _alice = new SyntheticPeer();
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_alice) }, default);
        _alice.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("alice is connected", () => _alice.IsConnected, _alice);
    }

    public async Task DisposeAsync()
    {
        _alice.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public Task FirstFrame_LengthOf65535_ClosesTheConnection() => AssertRejectedAsync(StreamEnd.FrameTooLong, [0xFF, 0xFF]);

    [Fact]
    public Task FirstFrame_LongerThanACheck_ClosesTheConnection() => AssertRejectedAsync(StreamEnd.FrameTooLong, [0x03, 0x01]);

    [Fact]
    public Task FirstFrame_Empty_ClosesTheConnection() => AssertRejectedAsync(StreamEnd.NoCheck, [0, 0]);

    [Fact]
    public Task FirstFrame_HttpRequest_ClosesTheConnection() => AssertRejectedAsync(StreamEnd.FrameTooLong, "GET / HTTP/1.1\r\n\r\n"u8.ToArray());

    [Fact]
    public Task FirstFrame_Media_ClosesTheConnection() => AssertRejectedAsync(StreamEnd.NoCheck, TestCheck.Frame([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 1, 2, 3]));

    [Fact]
    public Task FirstFrame_UnknownUfrag_ClosesTheConnection() => AssertRejectedAsync(StreamEnd.UnknownSession, TestCheck.Frame(TestCheck.Write("nobody12:x", "password password password")));

    [Fact]
    public Task FirstFrame_WrongPassword_ClosesTheConnection() =>
        AssertRejectedAsync(StreamEnd.WrongPassword, TestCheck.Frame(TestCheck.Write($"{Node.Ufrag}:{_alice.Credentials.Ufrag}", "password password password")));

    [Fact]
    public Task FirstFrame_CheckWithoutPassword_ClosesTheConnection() =>
        AssertRejectedAsync(StreamEnd.WrongPassword, TestCheck.Frame(TestCheck.Write($"{Node.Ufrag}:{_alice.Credentials.Ufrag}", password: null)));

    /// <summary>One connection sends nothing, another one a byte now and then of a check that would be valid.</summary>
    [Fact]
    public async Task FirstFrame_NothingOrBytewise_ClosesTheConnectionAfterFiveSeconds()
    {
        using var silent = Open();
        using var slow = Open();
        var frame = TestCheck.Frame(_alice.CheckToForge());
        var (clock, sent) = (Stopwatch.StartNew(), 0);
        await SyntheticPeer.UntilAsync(
            "both have ended",
            () =>
            {
                if (clock.ElapsedMilliseconds > sent * 200 && sent < frame.Length - 1 && !slow.HasEnded())
                {
                    slow.SendRaw(frame.AsSpan(sent++, 1));
                }

                return silent.HasEnded() && slow.HasEnded();
            },
            _alice);

        Assert.InRange(clock.Elapsed, StreamGate.CheckTime - TimeSpan.FromSeconds(0.5), StreamGate.CheckTime + TimeSpan.FromSeconds(10));
        Assert.Equal((2, 0), (_node.Host.Streams.Of(StreamEnd.NoCheckInTime), _node.Host.Streams.Unauthenticated));
    }

    [Fact]
    public async Task Connections_ThousandOfOneAddressDuringACall_AreLimitedAndDelayNobody()
    {
        using var bob = await SubscribeAsync("bob", isBehindFirewall: true);
        var before = await DelayAsync(bob, 100);
        List<TestStream> flood = [];
        var most = 0;
        var during = await DelayAsync(bob, 200, () =>
        {
            for (var i = 0; i < 5; i++)
            {
                flood.Add(Open());
            }

            most = Math.Max(most, _node.Host.Streams.Unauthenticated);
        });
        using var carol = await SubscribeAsync("carol", isBehindFirewall: false);

        Assert.Equal(1000, flood.Count);
        Assert.InRange(most, 1, UnauthenticatedStreams.MaxOfAddress + 16); // those that are just being refused count too
        Assert.InRange(during, TimeSpan.Zero, before + TimeSpan.FromMilliseconds(50));
        await SyntheticPeer.UntilTrueAsync("all but 64 were refused", () => Task.FromResult(_node.Host.Streams.Of(StreamEnd.TooManyOfAddress) >= 900), _alice, bob, carol);
        await SyntheticPeer.UntilTrueAsync("the rest is late", () => Task.FromResult(_node.Host.Streams.Unauthenticated == 0), _alice, bob, carol);
        flood.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Open_ManyOfOneSession_KeepsTheNewest()
    {
        var streams = Enumerable.Range(0, LoopStreams.MaxOfSession + 4).Select(_ => Open()).ToList();
        foreach (var stream in streams)
        {
            stream.Send(_alice.CheckToForge());
            await SyntheticPeer.UntilAsync("an answer", () => stream.TryReceive(out var _), _alice);
        }

        await SyntheticPeer.UntilTrueAsync("the oldest have ended", () => Task.FromResult(streams.Take(4).All(s => s.HasEnded())), _alice);
        Assert.Equal((LoopStreams.MaxOfSession, 4), (_node.Host.Streams.Open, _node.Host.Streams.Of(StreamEnd.TooManyOfSession)));
        Assert.DoesNotContain(streams.TakeLast(LoopStreams.MaxOfSession), s => s.HasEnded());
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Open_LengthThatLies_ClosesTheConnectionAndKeepsTheCall()
    {
        using var bob = await SubscribeAsync("bob", isBehindFirewall: false);
        using var stream = await OpenAuthenticatedAsync();

        stream.SendRaw([0x08, 0x01]); // 2,049

        await SyntheticPeer.UntilTrueAsync("the connection has ended", () => Task.FromResult(stream.HasEnded()), _alice, bob);
        Assert.Equal((1, 0), (_node.Host.Streams.Of(StreamEnd.FrameTooLong), _node.Host.Streams.Open));
        await DelayAsync(bob, 20);
    }

    [Fact]
    public async Task Open_GarbageOnly_ClosesTheConnectionAndKeepsTheCall()
    {
        using var bob = await SubscribeAsync("bob", isBehindFirewall: false);
        using var stream = await OpenAuthenticatedAsync();
        var garbage = new byte[4 * 1024];
        for (var at = 0; at < garbage.Length; at += 4)
        {
            garbage[at + 1] = 2; // frames of two bytes
        }

        try
        {
            for (var i = 0; i < 10; i++)
            {
                stream.SendRaw(garbage);
            }
        }
        catch (SocketException)
        {
            // It has been closed already.
        }

        await SyntheticPeer.UntilTrueAsync("the connection has ended", () => Task.FromResult(stream.HasEnded()), _alice, bob);
        Assert.Equal(1, _node.Host.Streams.Of(StreamEnd.Rejected));
        await DelayAsync(bob, 20);
    }

    /// <summary>The client has lost its network, and the connection never ends. The rest of a frame never arrives either.</summary>
    [Fact]
    public async Task Open_HalfOpenOrHalfAFrame_ClosesTheConnectionAfterThirtySeconds()
    {
        using var stream = await OpenAuthenticatedAsync();
        stream.SendRaw([0, 100, 1, 2, 3]);

        Assert.Equal(1, await AfterAsync(LoopStreams.IdleTicks - TimeSpan.TicksPerSecond));
        Assert.Equal(0, await AfterAsync(LoopStreams.IdleTicks + TimeSpan.TicksPerSecond));
        Assert.Equal(1, _node.Host.Streams.Of(StreamEnd.Idle));
    }

    [Fact]
    public async Task Subscribe_ReaderThatStops_DelaysNobodyAndIsClosed()
    {
        using var slow = await SubscribeAsync("slow", isBehindFirewall: true, receiveBufferBytes: 4096);
        using var bob = await SubscribeAsync("bob", isBehindFirewall: true);
        using var carol = await SubscribeAsync("carol", isBehindFirewall: false);
        var before = await DelayAsync(carol, 100, also: bob);

        // From here on, slow reads nothing.
        var during = await DelayAsync(carol, 300, SendMuch, also: bob);
        var byTcp = await DelayAsync(bob, 300, SendMuch, also: carol);

        Assert.InRange(during, TimeSpan.Zero, before + TimeSpan.FromMilliseconds(50));
        Assert.InRange(byTcp, TimeSpan.Zero, before + TimeSpan.FromMilliseconds(50));
        Assert.Equal(3, 1 + await AfterAsync(LoopStreams.NotReadTicks / 2)); // slow and bob are still connected
        await SyntheticPeer.UntilTrueAsync("slow's connection was closed", async () => await AfterAsync(LoopStreams.NotReadTicks + TimeSpan.TicksPerSecond) == 1, _alice, bob, carol);
        Assert.Equal(1, _node.Host.Streams.Of(StreamEnd.NotRead));
    }

    [Fact]
    public async Task Subscribe_ReadersThatStopTakeTooMuchMemory_ClosesTheOneThatStoppedFirst()
    {
        var loop = _node.Host.Loops[0];
        using var carol = await SubscribeAsync("carol", isBehindFirewall: false);
        var before = MonotonicClock.NowTicks;
        using var first = await SubscribeAsync("first", isBehindFirewall: true, receiveBufferBytes: 4096);
        await DelayAsync(carol, 200, SendMuch);
        using var second = await SubscribeAsync("second", isBehindFirewall: true, receiveBufferBytes: 4096);
        await DelayAsync(carol, 200, SendMuch);

        // In one command, so that the loop's own checks do not come in between.
        var (early, late) = await loop.RunAsync(
            () =>
            {
                loop.Streams.MaxWaitingBytes = StreamQueue.VideoBytes + StreamQueue.UrgentBytes; // that of one of them
                loop.Streams.CloseLate(before + LoopStreams.NotReadInNeedTicks - 1); // Too early to close one: both may have paused for a moment.
                var early = _node.Host.Streams.Open;
                loop.Streams.CloseLate(MonotonicClock.NowTicks + LoopStreams.NotReadInNeedTicks + TimeSpan.TicksPerSecond);
                return (early, _node.Host.Streams.Open);
            },
            default);

        Assert.Equal((2, 1), (early, late));
        Assert.Equal((1, 0), (_node.Host.Streams.Of(StreamEnd.TooMuchWaiting), _node.Host.Streams.Of(StreamEnd.NotRead)));
        await SyntheticPeer.UntilTrueAsync("first's connection has ended", () => Task.FromResult(first.Stream!.HasEnded()), _alice, carol);
        await DelayAsync(carol, 20);
        second.Dispose();
        await SyntheticPeer.UntilTrueAsync("the memory is free", async () => await loop.RunAsync(() => loop.Egress.Streams.TotalBytes == 0, default), _alice, carol);
    }

    /// <summary>What a client misses while its line is full is video: sound arrives in full, and video goes on with a key frame that the publisher was asked for.</summary>
    [Fact]
    public async Task Subscribe_ReaderThatPauses_GetsAllSoundAndVideoFromAKeyFrame()
    {
        using var slow = await SubscribeAsync("slow", isBehindFirewall: true, receiveBufferBytes: 4096);
        using var carol = await SubscribeAsync("carol", isBehindFirewall: false);
        await SyntheticPeer.UntilAsync("slow gets video", () => Send(DeltaFrame) && slow.Rtp.Any(IsVideo), _alice, slow, carol);
        slow.Rtp.Clear();
        var sound = 0;
        var large = new byte[1000];
        DeltaFrame.CopyTo(large, 0);
        for (var i = 0; i < 400; i++)
        {
            _alice.SendRtp(TestSdp.AudioSsrc, 111, (uint)(++sound * 960), [(byte)(sound >> 8), (byte)sound, 9]);
            for (var packet = 0; packet < 4; packet++)
            {
                Send(large);
            }

            var expected = sound;
            await SyntheticPeer.UntilAsync("carol hears it", () => carol.Rtp.Count(p => !IsVideo(p)) >= expected, _alice, carol);
        }

        _alice.Rtcp.Clear();
        await SyntheticPeer.UntilAsync("slow has heard everything", () => slow.Rtp.Count(p => !IsVideo(p)) >= sound, _alice, slow, carol);
        await SyntheticPeer.UntilAsync("alice is asked for a key frame", () => _alice.WasAskedForKeyFrame(), _alice, slow, carol);
        for (var i = 0; i < 20; i++)
        {
            Send(DeltaFrame);
        }

        await SyntheticPeer.UntilAsync("slow sees alice again", () => Send(KeyFrame) && slow.Rtp.Count(IsSmallVideo) > 5, _alice, slow, carol);

        Assert.InRange(slow.Rtp.Count(p => IsVideo(p) && !IsSmallVideo(p)), 1, 1599);
        Assert.Equal(KeyFrame, Payload(slow.Rtp.First(IsSmallVideo)));
        Assert.Equal(0, _node.Host.Streams.Of(StreamEnd.NotRead));
    }

    private MeetOperator.Rtc.Ice.IceCredentials Node => _node.Host.Loops[0].Peers.Sessions[0].Transport.LocalCredentials;

    private static byte[] Payload(byte[] packet) => RtpHeader.TryParse(packet, out var header) ? packet[header.Length..] : [];

    private static bool IsVideo(byte[] packet) => RtpHeader.TryParse(packet, out var header) && header.PayloadType == 96;

    private static bool IsSmallVideo(byte[] packet) => IsVideo(packet) && packet.Length < 100;

    private TestStream Open() => new(new IPEndPoint(IPAddress.Loopback, _node.Host.TcpPort!.Value));

    /// <summary>A connection of alice, who uses UDP.</summary>
    private async Task<TestStream> OpenAuthenticatedAsync()
    {
        var stream = Open();
        stream.Send(_alice.CheckToForge());
        await SyntheticPeer.UntilAsync("an answer", () => stream.TryReceive(out _), _alice);
        Assert.Equal(1, _node.Host.Streams.Open);
        return stream;
    }

    private async Task AssertRejectedAsync(StreamEnd reason, byte[] bytes)
    {
        using var bob = await SubscribeAsync("bob", isBehindFirewall: false);
        using var stream = Open();
        stream.SendRaw(bytes);

        await SyntheticPeer.UntilTrueAsync("the connection has ended", () => Task.FromResult(stream.HasEnded()), _alice, bob);
        Assert.Equal((1, 0, 0), (_node.Host.Streams.Of(reason), _node.Host.Streams.Open, _node.Host.Streams.Unauthenticated));
        await DelayAsync(bob, 20);
    }

    /// <summary>Runs the checks of the loop as if this time had passed. Returns the number of connections.</summary>
    private Task<int> AfterAsync(long ticks) => _node.Host.Loops[0].RunAsync(
        () =>
        {
            _node.Host.Loops[0].Streams.CloseLate(MonotonicClock.NowTicks + ticks);
            return _node.Host.Streams.Open;
        },
        default);

    private bool Send(byte[] frame)
    {
        _alice.SendRtp(TestSdp.VideoSsrc, 96, ++_picture * 3000, frame, marker: true);
        return true;
    }

    private void SendMuch()
    {
        var frame = new byte[1100];
        (_picture % 60 == 0 ? KeyFrame : DeltaFrame).CopyTo(frame, 0);
        Send(frame);
    }

    private async Task<SyntheticPeer> SubscribeAsync(string name, bool isBehindFirewall, int receiveBufferBytes = 0)
    {
        var peer = new SyntheticPeer { IsBehindFirewall = isBehindFirewall, ReceiveBufferBytes = receiveBufferBytes };
        var offer = await _node.Control.SubscribeAsync("r", name, new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} sees alice", () => Send(KeyFrame) && peer.Rtp.Any(IsVideo), _alice, peer);
        return peer;
    }

    /// <summary>Sends sound to a peer, one packet after the other, and returns how long 95 of 100 took at most. Single ones also wait for other processes of the machine.</summary>
    private async Task<TimeSpan> DelayAsync(SyntheticPeer peer, int packets, Action? between = null, SyntheticPeer? also = null)
    {
        var delays = new List<TimeSpan>();
        for (var i = 0; i < packets; i++)
        {
            between?.Invoke();
            peer.Rtp.Clear();
            also?.Rtp.Clear();
            var clock = Stopwatch.StartNew();
            _alice.SendRtp(TestSdp.AudioSsrc, 111, (uint)i * 960, [1, 2, 3]);
            await SyntheticPeer.UntilAsync("sound", () => peer.Rtp.Exists(p => !IsVideo(p)), also is null ? [_alice, peer] : [_alice, peer, also]);
            delays.Add(clock.Elapsed);
        }

        delays.Sort();
        return delays[delays.Count * 95 / 100];
    }
}
