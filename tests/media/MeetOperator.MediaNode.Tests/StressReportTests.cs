using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The figures by which the operator recognizes an overloaded media node: a loop that never rests, a socket that overflows, and media that is sent.</summary>
public sealed class StressReportTests
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];

    /// <summary>What SRTP sends of each packet beyond its payload.</summary>
    private const int HeaderAndTag = 12 + 16;

    [Fact]
    public async Task Report_LoopNeverRests_ShowsThatLoopBusyUntilItRests()
    {
        await using var node = await TestNode.StartAsync(static options => options with { UdpPorts = [0, 0] });
        var (busy, idle) = (node.Host.Loops[0], node.Host.Loops[1]);
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await busy.RunAsync(
            () =>
            {
                busy.StartLater(Work(over.Token));
                return true;
            },
            default);

        var report = await UntilAsync(node, "one loop is busy", seen => Of(seen, busy).Busy >= 0.9 && Of(seen, idle).Busy <= 0.5);
        Assert.Equal(Of(report, busy).Busy, report.Stress);

        await over.CancelAsync();
        await UntilAsync(node, "both loops rest", seen => Of(seen, busy).Busy <= 0.5 && seen.Stress <= 0.5);
    }

    [Fact]
    public async Task Report_SocketOverflows_CountsEveryDatagramAsReadOrLost()
    {
        const int Sent = 2_000;
        await using var node = await TestNode.StartAsync(static options => options with { UdpPorts = [0, 0], SocketBufferBytes = 32 * 1024 });
        var (full, other) = (node.Host.Loops[0], node.Host.Loops[1]);
        var before = Of(await UntilAsync(node, "the node reports", static seen => seen.LoopReports.All(static loop => loop.PacketsIn > 0)), full);
        Assert.Equal(0, before.PacketsLost);

        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await using (await HeldLoop.HoldAsync(full))
        {
            var datagram = new byte[1_000];
            for (var i = 0; i < Sent; i++)
            {
                sender.SendTo(datagram, new IPEndPoint(IPAddress.Loopback, full.Port));
            }
        }

        long Read(LoopReport loop) => loop.PacketsIn - before.PacketsIn;
        var report = await UntilAsync(node, "the loop has read the rest", seen => Read(Of(seen, full)) + Of(seen, full).PacketsLost >= Sent);
        var (read, lost) = (Read(Of(report, full)), Of(report, full).PacketsLost);
        Assert.True(lost >= Sent / 2, $"{lost} lost, {read} read"); // A buffer of this size holds less than a hundred.
        Assert.InRange(read + lost, Sent, Sent + 500); // The node also probes its sockets, twice a second.
        Assert.Equal(0, Of(report, other).PacketsLost);
    }

    [Fact]
    public async Task Report_PictureForTwoPeople_ShowsWhatIsSentToBoth()
    {
        const int PerSecond = 200;
        const int Bytes = 1_000;
        const long Kbps = 2 * PerSecond * (Bytes + HeaderAndTag) * 8 / 1_000;
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var alice = new SyntheticPeer();
        alice.Connect((await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default)).Sdp);
        using var bob = await PlayAsync(node, "bob");
        using var carol = await PlayAsync(node, "carol");
        await SyntheticPeer.UntilAsync("all are connected", () => alice.IsConnected && bob.IsConnected && carol.IsConnected, alice, bob, carol);

        var payload = new byte[Bytes];
        KeyFrame.CopyTo(payload, 0);
        var (began, sent) = (Stopwatch.GetTimestamp(), 0);
        var report = await UntilAsync(
            node,
            $"it sends about {Kbps} kbit/s",
            static seen => seen.EgressKbps is > Kbps * 7 / 10 and < Kbps * 14 / 10,
            () =>
            {
                for (var due = Stopwatch.GetElapsedTime(began).TotalSeconds * PerSecond; sent < due; sent++)
                {
                    alice.SendRtp(TestSdp.VideoSsrc, 96, (uint)(sent * 90_000 / PerSecond), payload, marker: true);
                }

                Pump(alice, bob, carol);
            });
        Assert.True(bob.Rtp.Count >= PerSecond / 2 && carol.Rtp.Count >= PerSecond / 2, $"bob got {bob.Rtp.Count} packets, carol {carol.Rtp.Count}");
        Assert.True(report.LoopReports.Single().PacketsOut >= bob.Rtp.Count + carol.Rtp.Count);

        await UntilAsync(node, "it sends next to nothing", static seen => seen.EgressKbps < Kbps / 10, () => Pump(alice, bob, carol));
    }

    /// <summary>Work in steps, which never lets the loop rest.</summary>
    private static IEnumerable<object?> Work(CancellationToken over)
    {
        for (var block = new byte[32]; !over.IsCancellationRequested; block = SHA256.HashData(block))
        {
            yield return null;
        }
    }

    private static async Task<SyntheticPeer> PlayAsync(TestNode node, string name)
    {
        var peer = new SyntheticPeer();
        peer.Connect((await node.Control.PlayAsync("r", name, new PlayRequest { Generation = 1, Sdp = TestSdp.Play(peer) }, default)).Sdp);
        return peer;
    }

    private static void Pump(params SyntheticPeer[] peers) => Array.ForEach(peers, static peer => peer.Pump());

    private static LoopReport Of(NodeReport report, MediaLoop loop) => report.LoopReports.Single(each => each.Port == loop.Port);

    /// <summary>Reads the report over the control API, as the operator does, until the condition holds.</summary>
    private static async Task<NodeReport> UntilAsync(TestNode node, string what, Func<NodeReport, bool> condition, Action? meanwhile = null)
    {
        var end = Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency);
        while (true)
        {
            meanwhile?.Invoke();
            var report = await node.Control.GetNodeAsync(default);
            if (condition(report))
            {
                return report;
            }

            Assert.True(Stopwatch.GetTimestamp() < end, $"timed out after 60 s: {what}; last: {report.EgressKbps} kbit/s, {string.Join(" | ", report.LoopReports)}");
            await Task.Delay(20);
        }
    }
}
