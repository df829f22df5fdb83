using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The node's report shows failures that health checks do not detect.</summary>
public sealed class HeartbeatTests
{
    private static readonly IPAddress Outside = IPAddress.Parse("127.0.0.77");

    [Fact]
    public async Task Report_HealthyNode_ShowsEveryLoopHealthy()
    {
        await using var node = await TestNode.StartAsync(o => o with { UdpPorts = [0, 0] });

        var report = await UntilAsync(node, "both probes answered", r => r.LoopReports.All(l => l is { ProbeAgeMs: 0, PacketsOut: > 0 }));

        Assert.Equal(node.Host.Loops.Select(l => l.Port), report.LoopReports.Select(l => l.Port));
        Assert.All(report.LoopReports, l => Assert.Equal("127.0.0.1", Assert.Single(l.Paths).Address));
    }

    [Fact]
    public async Task Report_OneLoopHangs_IsReturnedAndShowsThatLoop()
    {
        await using var node = await TestNode.StartAsync(o => o with { UdpPorts = [0, 0] });
        await node.Control.PutRoomAsync("stuck", new RoomSpec { Generation = 4 }, default);
        await UntilAsync(node, "healthy", r => r.LoopReports.All(l => l.ProbeAgeMs == 0));
        var loop = node.Host.Rooms.Rooms.Single().Loop;
        using var release = new ManualResetEventSlim();
        var hanging = loop.RunAsync(() => release.Wait(TimeSpan.FromMinutes(2)), default);

        // A busy machine can delay the other loop for a moment too.
        var report = await UntilAsync(node, "hang of one loop reported", r => Of(r, loop.Port) is { TickAgeMs: > 3000, ProbeAgeMs: > 3000 } && r.LoopReports.Single(l => l.Port != loop.Port).TickAgeMs < 3000);
        Assert.Equal("ok", await node.Http.GetStringAsync(new Uri(node.Address, "healthz")));
        Assert.Equal(("stuck", 4), (report.Rooms.Single().Room, report.Rooms.Single().Generation));
        Assert.Contains($"meet_loop_probe_age_seconds{{port=\"{loop.Port}\",path=\"socket\"}}", await node.Http.GetStringAsync(new Uri(node.Address, "metrics")), StringComparison.Ordinal);

        release.Set();
        await hanging;
        await UntilAsync(node, "healthy again", r => Of(r, loop.Port) is { TickAgeMs: < 3000, ProbeAgeMs: 0 });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Report_ExternalAddressLost_ShowsOnlyThatPath(bool inwards)
    {
        await using var node = await TestNode.StartAsync(o => o with { AdvertisedAddresses = [Outside] });
        var port = node.Host.Loops[0].Port;
        using var mapping = new PortMapping(Outside, IPAddress.Loopback, port);
        await UntilAsync(node, "external address reached", r => Path(r) == 0);

        mapping.LosesInwards = inwards;
        mapping.LosesOutwards = !inwards;

        await UntilAsync(node, "loss of that path reported", r => Path(r) > 1000 && Of(r, port).ProbeAgeMs is < 1000); // One probe may be in flight.
        (mapping.LosesInwards, mapping.LosesOutwards) = (false, false);
        await UntilAsync(node, "reached again", r => Path(r) == 0);
    }

    [Fact]
    public async Task Report_ExternalAddressNeverReached_LeavesItsAgeNull()
    {
        await using var node = await TestNode.StartAsync(o => o with { AdvertisedAddresses = [Outside] });

        var report = await UntilAsync(node, "some probes", r => r.LoopReports[0] is { ProbeAgeMs: 0, PacketsOut: >= 4 });

        Assert.Null(Path(report));
    }

    [Fact]
    public async Task Report_SilentClients_CountsThemBeforeTheyFail()
    {
        await using var node = await TestNode.StartAsync(o => o with { SilenceTimeout = TimeSpan.FromMinutes(2) });
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var alice = await PublishAsync(node, "alice");
        using var bob = await PublishAsync(node, "bob");
        await UntilAsync(node, "both connected", r => r.Rooms.Single() is { Connected: 2, Silent: 0 }, alice, bob);

        // alice is no longer pumped, so she sends nothing.
        var report = await UntilAsync(node, "alice silent", r => r.Rooms.Single().Silent == 1, bob);

        Assert.Equal((2, 2, 1), (report.Rooms.Single().Connected, report.LoopReports.Single().ConnectedSessions, report.LoopReports.Single().SilentSessions));
    }

    [Fact]
    public async Task Report_MediaFlows_CountsPacketsInAndOut()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var alice = await PublishAsync(node, "alice");
        using var bob = new SyntheticPeer();
        var answer = await node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(bob) }, default);
        bob.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("bob connected", () => bob.IsConnected, alice, bob);

        var report = await UntilAsync(node, "audio counted", r =>
        {
            alice.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
            return r.Rooms.Single() is { PacketsIn: > 20, PacketsOut: > 20 };
        }, alice, bob);
        Assert.True(report.ForwardedPackets > 20);
        Assert.InRange(report.LoopReports.Single().Busy ?? -1, 0, 1);
        Assert.Equal(0, report.LoopReports.Single().PacketsLost);

        // The counters keep their values after the tracks end.
        await node.Control.DeleteParticipantAsync("r", "alice", default);
        var after = await node.Control.GetNodeAsync(default);
        Assert.True(after.ForwardedPackets >= report.ForwardedPackets);
        Assert.True(after.Rooms.Single().PacketsOut >= report.Rooms.Single().PacketsOut);
    }

    [Fact]
    public async Task Probe_FromUnknownSource_IsDroppedAndCounted()
    {
        await using var node = await TestNode.StartAsync();
        var loop = node.Host.Loops[0];
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var buffer = new byte[EchoProbe.MaximumLength];
        var forged = new EchoProbe(IceCredentials.Generate());
        await socket.SendAsync(buffer.AsMemory(0, forged.WriteRequest(EchoProbe.NewTransactionId(), buffer)), new IPEndPoint(IPAddress.Loopback, loop.Port));

        await SyntheticPeer.UntilTrueAsync("counted", async () => (await loop.RunAsync(loop.Statistics, default)).UnknownSourceDrops == 1);
        Assert.Equal(0, socket.Available);
    }

    private static LoopReport Of(NodeReport report, int port) => report.LoopReports.Single(l => l.Port == port);

    private static long? Path(NodeReport report) => report.LoopReports.Single().Paths.Single().ProbeAgeMs;

    private static async Task<SyntheticPeer> PublishAsync(TestNode node, string name)
    {
        var peer = new SyntheticPeer();
        var answer = await node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return peer;
    }

    private static async Task<NodeReport> UntilAsync(TestNode node, string what, Func<NodeReport, bool> condition, params SyntheticPeer[] peers)
    {
        var end = Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency);
        while (true)
        {
            var report = await node.Control.GetNodeAsync(default);
            if (condition(report))
            {
                return report;
            }

            foreach (var peer in peers)
            {
                peer.Pump();
            }

            Assert.True(Stopwatch.GetTimestamp() < end, $"timed out after 60 s: {what}; last: {string.Join(" | ", report.LoopReports)} {string.Join(" | ", report.Rooms)}");
            await Task.Delay(20);
        }
    }
}
