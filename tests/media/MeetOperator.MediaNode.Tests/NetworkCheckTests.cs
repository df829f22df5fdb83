using System.Diagnostics;
using System.Net;
using MeetOperator.MediaNode.Checks;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Network checks: a client gets its own media back, and meetings notice nothing of it.</summary>
public sealed class NetworkCheckTests
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];

    private static NetworkCheckSpec Of(string caller = "a", string tenant = "t", bool isMember = true) => new() { Tenant = tenant, Caller = caller, IsMember = isMember };

    [Fact]
    public async Task Check_ClientPublishesAndPlays_GetsItsOwnMediaBack()
    {
        await using var node = await TestNode.StartAsync(options => options with { TcpPort = 0 });
        var check = await node.Control.OpenCheckAsync(Of(), default);
        Assert.Equal(["127.0.0.1"], check.Addresses);
        Assert.Equal([.. node.Host.Loops.Select(loop => loop.Port)], check.UdpPorts);
        Assert.Equal(node.Host.TcpPort, check.TcpPort);

        using var udp = new SyntheticPeer();
        using var tcp = new SyntheticPeer { IsBehindFirewall = true };
        using var player = new SyntheticPeer();
        udp.Connect(await PublishAsync(node, check, "udp4", udp));
        tcp.Connect(await PublishAsync(node, check, "tcp4", tcp));
        player.Connect(await PlayAsync(node, check, "tcp4", player));
        var sent = 0u;
        await SyntheticPeer.UntilAsync("the client gets its picture back", () =>
        {
            tcp.SendRtp(TestSdp.VideoSsrc, 96, ++sent * 90, KeyFrame, marker: true);
            return udp.IsConnected && player.Rtp.Count > 0;
        }, udp, tcp, player);

        var report = await node.Control.GetNodeAsync(default);
        Assert.Empty(report.Rooms);
        Assert.Equal((0, 0, 0L, 0L), (report.Participants, report.UpTracks, report.Connections, report.FailedConnections));
        Assert.Equal(0, node.Host.Rooms.ParticipantCount); // The end of the process does not wait for a check.
        await node.Control.EndCheckAsync(check.CheckId, default);
        await SyntheticPeer.UntilAsync("the connections end", () => !udp.IsConnected && !tcp.IsConnected && !player.IsConnected, udp, tcp, player);
        await AssertProblemAsync("unknown-check", () => node.Control.EndCheckAsync(check.CheckId, default));
        Assert.Empty(node.Host.Rooms.Rooms);
    }

    /// <summary>A firewall may let out only some of the ports, so the check tries the one that calls of the meeting use.</summary>
    [Fact]
    public async Task Open_MeetingOnTheNode_TriesThePortOfItsRoom()
    {
        await using var node = await TestNode.StartAsync(options => options with { UdpPorts = [0, 0, 0, 0] });
        var rooms = node.Host.Rooms;
        foreach (var room in (string[])["r1", "r2", "r3", "r4"])
        {
            await node.Control.PutRoomAsync(room, new RoomSpec { Generation = 1 }, default);
            var check = await node.Control.OpenCheckAsync(Of(room) with { Room = room }, default);
            Assert.Equal(rooms.Rooms.Single(one => one.Id == room).Port, rooms.Rooms.Single(one => one.Id == check.CheckId).Port);
        }

        await node.Control.OpenCheckAsync(Of("none") with { Room = "unknown" }, default);
    }

    /// <summary>A check must not be a way around the settings of a tenant: its room denies what the rooms of meetings deny.</summary>
    [Fact]
    public async Task Check_OfMeetingWithRelaysOnly_ConnectsOnlyThroughARelay()
    {
        await using var node = await TestNode.StartAsync(options => options with { TcpPort = 0 });
        var relay = IPAddress.Parse("127.0.0.9");
        await node.Control.PutRelaysAsync(new NodeRelays { Revision = "1", Sources = [new RelaySource { Address = relay.ToString(), MinPort = 1, MaxPort = 65535 }] }, default);
        var check = await node.Control.OpenCheckAsync(Of() with { Connectivity = new RoomConnectivity { ForceRelay = true } }, default);
        using var direct = new SyntheticPeer();
        using var relayed = new SyntheticPeer(local: relay);
        direct.Connect(await PublishAsync(node, check, "udp4", direct));
        var answer = await PublishAsync(node, check, "relay", relayed);
        relayed.Connect(answer);
        Assert.DoesNotContain("tcptype", answer, StringComparison.Ordinal);

        await SyntheticPeer.UntilTrueAsync(
            "the relay gets through, and what comes directly is dropped",
            async () => relayed.IsConnected && (await node.Host.ReportAsync(default)).Loops.Sum(loop => loop.TransportDrops.GetValueOrDefault("DirectDenied")) >= 3,
            direct,
            relayed);
        Assert.False(direct.IsConnected);
    }

    [Fact]
    public async Task Check_OfMeetingWithoutTcp_ClosesTcpConnections()
    {
        await using var node = await TestNode.StartAsync(options => options with { TcpPort = 0 });
        var check = await node.Control.OpenCheckAsync(Of() with { Connectivity = new RoomConnectivity { DenyTcp = true } }, default);
        using var peer = new SyntheticPeer { IsBehindFirewall = true };
        var answer = await PublishAsync(node, check, "tcp4", peer);
        Assert.DoesNotContain("tcptype", answer, StringComparison.Ordinal);
        peer.Connect($"{answer}a=candidate:9 1 tcp 1 127.0.0.1 {node.Host.TcpPort} typ host tcptype passive\r\n"); // a client that tries it nevertheless

        await SyntheticPeer.UntilTrueAsync("the connection is denied", () => Task.FromResult(node.Host.Streams.Of(StreamEnd.Denied) == 1), peer);
        Assert.False(peer.IsConnected);
    }

    [Fact]
    public async Task Check_LeftOpen_EndsByItself()
    {
        await using var node = await TestNode.StartAsync();
        var time = new ManualTime();
        using var checks = new NetworkChecks(node.Host.Rooms, node.Host.Loops, time);
        var check = await checks.OpenAsync(Of(), isReady: true);
        using var peer = new SyntheticPeer();
        peer.Connect(await PublishAsync(node, check, "udp4", peer));
        await SyntheticPeer.UntilAsync("the client is connected", () => peer.IsConnected, peer);

        time.Advance(NetworkChecks.Lifetime - TimeSpan.FromSeconds(1));
        Assert.Equal(1, checks.Count);
        time.Advance(TimeSpan.FromSeconds(1));

        await SyntheticPeer.UntilAsync("the check has ended", () => checks.Count == 0 && !peer.IsConnected, peer);
        await AssertProblemAsync("unknown-room", () => PublishAsync(node, check, "udp4", peer));
    }

    /// <summary>Checks that follow each other must not carry a call between persons who pass their offers on.</summary>
    [Fact]
    public async Task Check_ClientHasPlayed_EndsSoonAfterTheFirstTime()
    {
        var time = new ManualTime();
        await using var node = await TestNode.StartAsync(clock: new ManualTimers(time));
        var check = await node.Control.OpenCheckAsync(Of(), default);
        using var peer = new SyntheticPeer();
        using var player = new SyntheticPeer();
        peer.Connect(await PublishAsync(node, check, "udp4", peer));
        player.Connect(await PlayAsync(node, check, "udp4", player));
        await SyntheticPeer.UntilAsync("the client plays", () => peer.IsConnected && player.IsConnected, peer, player);

        time.Advance(NetworkChecks.PlayTime - TimeSpan.FromSeconds(1));
        Assert.Equal(1, node.Host.Checks.Count);
        node.Host.Checks.OnPlayed(check.CheckId); // Playing again gives no more time.
        time.Advance(TimeSpan.FromSeconds(1));

        await SyntheticPeer.UntilAsync("the check has ended", () => node.Host.Checks.Count == 0 && !peer.IsConnected && !player.IsConnected, peer, player);
    }

    /// <summary>Its result counts once, and its slot becomes free once.</summary>
    [Fact]
    public async Task End_ManyAtOnce_SucceedsForOneOfThem()
    {
        await using var node = await TestNode.StartAsync();
        var check = await node.Control.OpenCheckAsync(Of(), default);
        var ends = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await node.Control.EndCheckAsync(check.CheckId, default);
                return "ended";
            }
            catch (NodeControlException e)
            {
                return e.Code;
            }
        }));
        Assert.Single(ends, end => end == "ended");
        Assert.Equal(19, ends.Count(end => end == "unknown-check"));
        Assert.Equal(0, node.Host.Checks.Count);
    }

    [Fact]
    public async Task Open_NodeWithoutRoomForMeetings_IsRefused()
    {
        await using var node = await TestNode.StartAsync(options => options with { MaxParticipants = 1 });
        var check = await node.Control.OpenCheckAsync(Of(), default);
        using var peer = new SyntheticPeer();
        await PublishAsync(node, check, "udp4", peer);
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await node.Control.PutParticipantAsync("r", "a", new ParticipantSpec { Generation = 1 }, default); // A check takes no place.

        await AssertProblemAsync("full", () => node.Control.OpenCheckAsync(Of("b"), default));
        await node.Control.DrainAsync(true, default);
        await AssertProblemAsync("draining", () => node.Control.OpenCheckAsync(Of("b"), default));
        Assert.Equal(1, node.Host.Checks.Count);
    }

    [Fact]
    public async Task Open_InALoop_IsLimitedForCallerTenantAndNode()
    {
        await using var node = await TestNode.StartAsync();
        var opened = new List<NetworkCheckReport>();
        foreach (var caller in (string[])["a", "a", "a", "b", "b"])
        {
            opened.Add(await node.Control.OpenCheckAsync(Of(caller), default));
        }

        await AssertProblemAsync("check-busy", () => node.Control.OpenCheckAsync(Of("c"), default));
        for (var other = 0; other < 3; other++)
        {
            await node.Control.OpenCheckAsync(Of("a", $"other-{other}"), default);
        }

        await AssertProblemAsync("check-busy", () => node.Control.OpenCheckAsync(Of("a", "another"), default));
        await node.Control.EndCheckAsync(opened[0].CheckId, default);
        await node.Control.OpenCheckAsync(Of("a"), default);
    }

    [Theory]
    [InlineData("a", "t", 0, 0.1, null)]
    [InlineData("a", "t", 3, 0.1, "The caller has 3")]
    [InlineData("b", "t", 3, 0.1, null)]
    [InlineData("b", "t", 5, 0.1, "The tenant has 5")]
    [InlineData("a", "u", 5, 0.1, null)]
    [InlineData("a", "u", 8, 0.1, "The node has 8")]
    [InlineData("a", "t", 0, 0.7, "The node is busy")]
    [InlineData("", "t", 0, 0.1, "tenant, caller and room")]
    [InlineData("b", "t", 2, 0.1, null, false)]
    [InlineData("b", "t", 3, 0.1, "The tenant has 3 network checks on this node, its limit for persons who are not in a meeting.", false)]
    [InlineData("b", "u", 5, 0.1, null, false)]
    [InlineData("b", "u", 6, 0.1, "The node has 6 network checks, its limit for persons who are not in a meeting.", false)]
    [InlineData("b", "u", 7, 0.1, null)]
    public void Refuse_OpenChecksAndLoad_SaysWhy(string caller, string tenant, int open, double load, string? reason, bool isMember = true)
    {
        var refusal = CheckAdmission.Refuse(Of(caller, tenant, isMember), [.. Enumerable.Repeat(Of("a"), open)], load);
        Assert.Equal(reason is null, refusal is null);
        Assert.StartsWith(reason ?? string.Empty, refusal?.Message ?? string.Empty, StringComparison.Ordinal);
    }

    /// <summary>A check is no way to use a media node without a place in a meeting.</summary>
    [Fact]
    public async Task Check_ManyConnectionsAndPlays_AreLimited()
    {
        await using var node = await TestNode.StartAsync();
        var check = await node.Control.OpenCheckAsync(Of(), default);
        using var peer = new SyntheticPeer();
        for (var connection = 0; connection < check.Connections; connection++)
        {
            await PublishAsync(node, check, $"c-{connection}", peer);
        }

        await PlayAsync(node, check, "c-0", peer);
        await AssertProblemAsync("room-full", () => PublishAsync(node, check, "one-more", peer));
        await AssertProblemAsync("full", () => PlayAsync(node, check, "c-1", peer));
    }

    /// <summary>People who are not in a meeting must not use up the memory of the node.</summary>
    [Fact]
    public async Task Check_ManyConnections_ShareMemoryAndHaveTwoTracksEach()
    {
        await using var node = await TestNode.StartAsync();
        var check = await node.Control.OpenCheckAsync(Of(), default);
        using var first = new SyntheticPeer();
        using var second = new SyntheticPeer();
        first.Connect(await PublishAsync(node, check, "udp4", first));
        second.Connect(await PublishAsync(node, check, "udp6", second));
        var free = CheckLimits.RetransmissionBytes;
        foreach (var sender in (SyntheticPeer[])[first, second])
        {
            var before = free;
            await SyntheticPeer.UntilTrueAsync("the packets of the connection take memory that both share", async () =>
            {
                if (sender.IsConnected)
                {
                    sender.SendRtp(TestSdp.VideoSsrc, 96, 0, KeyFrame);
                }

                free = Assert.Single(await MemoryAsync());
                return free < before;
            }, first, second);
        }

        var offer = new SdpOffer { Generation = 1, Sdp = TestSdp.Microphones(first, CheckLimits.MaxTracks + 1), Restart = true };
        await AssertProblemAsync("invalid-sdp", () => node.Control.PublishAsync(check.CheckId, "tcp4", offer, default));

        Task<List<long>> MemoryAsync() =>
            node.Host.Rooms.RunAsync(check.CheckId, room => room.Participants.Select(p => p.Limits.Retransmissions).Distinct().Select(memory => memory.AvailableBytes).ToList(), default);
    }

    /// <summary>The limit holds for all connections of a check together.</summary>
    [Fact]
    public async Task Check_ClientFloodsTheNode_GetsSixMegabitsPerSecond()
    {
        await using var node = await TestNode.StartAsync();
        var check = await node.Control.OpenCheckAsync(Of(), default);
        using var first = new SyntheticPeer();
        using var second = new SyntheticPeer();
        first.Connect(await PublishAsync(node, check, "udp4", first));
        second.Connect(await PublishAsync(node, check, "udp6", second));
        await SyntheticPeer.UntilAsync("both connections are open", () => first.IsConnected && second.IsConnected, first, second);
        var clock = Stopwatch.StartNew();
        var payload = new byte[1_200];
        await SyntheticPeer.UntilTrueAsync("packets are dropped", async () =>
        {
            for (var packet = 0; packet < 50; packet++)
            {
                first.SendRtp(TestSdp.VideoSsrc, 96, 0, payload);
                second.SendRtp(TestSdp.VideoSsrc, 96, 0, payload);
            }

            return (await node.Host.ReportAsync(default)).Loops.Sum(loop => loop.TransportDrops.GetValueOrDefault("ParticipantRate")) > 3_000;
        }, first, second);

        var received = await node.Host.Rooms.RunAsync(check.CheckId, room => room.Participants.SelectMany(p => p.PublishedTracks).Sum(track => track.Track.ReceivedPackets), default);
        Assert.InRange(received * payload.Length, 1, (long)((clock.Elapsed.TotalSeconds + 1.1) * 750_000));
    }

    private static async Task<string> PublishAsync(TestNode node, NetworkCheckReport check, string connection, SyntheticPeer peer) =>
        (await node.Control.PublishAsync(check.CheckId, connection, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer), Restart = true }, default)).Sdp;

    private static async Task<string> PlayAsync(TestNode node, NetworkCheckReport check, string connection, SyntheticPeer peer) =>
        (await node.Control.PlayAsync(check.CheckId, "echo", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(peer), Feeds = [connection] }, default)).Sdp;

    private static async Task AssertProblemAsync(string code, Func<Task> call) => Assert.Equal(code, (await Assert.ThrowsAsync<NodeControlException>(call)).Code);

    /// <summary>The real time, in which certificates are valid, with timers that fire when the test says so.</summary>
    private sealed class ManualTimers(ManualTime manual) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => manual.CreateTimer(callback, state, dueTime, period);
    }
}
