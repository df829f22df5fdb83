using System.Diagnostics;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Bench.Media;

/// <summary>
/// Measures the packet loss in a room with one camera and four viewers while a participant of another room on the same loop misbehaves. That participant sends 50
/// times the packets of a camera to four viewers, and requests retransmission of 256 packets and a key frame 1,000 times a second.
/// </summary>
internal sealed class NeighbourLoss : IDisposable
{
    private const int Watchers = 4;
    private const int FramesPerSecond = 30;
    private const int PacketsPerFrame = 8;
    private const int Flood = 50;
    private const int RequestsPerSecond = 1000;

    /// <summary>Maximum number of overdue items that are sent at once after the bench had no CPU time.</summary>
    private const int CatchUp = 5;
    private const string Good = "good";
    private const string Bad = "bad";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly byte[] Payload = [0x10, 0x00, .. new byte[1086]]; // VP8: every packet can start a key frame
    private readonly BenchPeer _camera = new();
    private readonly BenchPeer _victim = new();
    private readonly BenchPeer _flooding = new();
    private readonly BenchPeer _asking = new();
    private readonly List<BenchPeer> _watching = [.. Enumerable.Range(0, Watchers).Select(_ => new BenchPeer())];
    private readonly List<BenchPeer> _flooded = [.. Enumerable.Range(0, Watchers).Select(_ => new BenchPeer())];
    private readonly Dictionary<BenchPeer, ushort> _sequences = [];

    private IEnumerable<BenchPeer> All => [_camera, _victim, _flooding, _asking, .. _watching, .. _flooded];

    /// <summary>Returns the loss in percent of the packets of the well-behaved room.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly, TimeSpan duration)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly, BenchNode.FirstProcessor).ConfigureAwait(false);
        using var bench = new NeighbourLoss();
        await bench.ConnectAsync(node.Control).ConfigureAwait(false);
        return await Task.Run(() => bench.Run(duration)).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var peer in All)
        {
            peer.Dispose();
        }
    }

    private async Task ConnectAsync(NodeControlClient node)
    {
        await node.PutRoomAsync(Good, new RoomSpec { Generation = 1 }, default).ConfigureAwait(false);
        await node.PutRoomAsync(Bad, new RoomSpec { Generation = 1 }, default).ConfigureAwait(false);
        foreach (var (room, name, peer) in new[] { (Good, "camera", _camera), (Bad, "victim", _victim), (Bad, "mallory", _flooding) })
        {
            peer.Connect((await node.PublishAsync(room, name, new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(peer) }, default).ConfigureAwait(false)).Sdp);
        }

        await PlayAsync(node, Bad, "mallory", "victim", _asking).ConfigureAwait(false);
        for (var i = 0; i < Watchers; i++)
        {
            await PlayAsync(node, Good, $"watcher-{i}", "camera", _watching[i]).ConfigureAwait(false);
            await PlayAsync(node, Bad, $"flooded-{i}", "mallory", _flooded[i]).ConfigureAwait(false);
        }

        var limit = Stopwatch.StartNew();
        while (!All.All(p => p.IsConnected))
        {
            foreach (var peer in All)
            {
                peer.Pump();
            }

            await Task.Delay(1).ConfigureAwait(false);
            if (limit.Elapsed > TimeSpan.FromSeconds(30))
            {
                throw new InvalidOperationException("The peers of the bench did not connect within 30 s.");
            }
        }
    }

    private static async Task PlayAsync(NodeControlClient node, string room, string name, string feed, BenchPeer peer) =>
        peer.Connect((await node.PlayAsync(room, name, new PlayRequest { Generation = 1, Sdp = BenchSdp.Play(peer), Feeds = [feed] }, default).ConfigureAwait(false)).Sdp);

    private double Run(TimeSpan duration)
    {
        var watch = Stopwatch.StartNew();
        var (frames, flooded, asked, sentBefore, missedBefore) = (0L, 0L, 0L, 0L, 0L);
        var measuring = false;
        while (watch.Elapsed < WarmUp + duration)
        {
            if (!measuring && watch.Elapsed >= WarmUp)
            {
                // Waits for packets in flight, so that only packets sent from now on count.
                measuring = true;
                Settle();
                _watching.ForEach(w => w.Received.Clear());
                (sentBefore, missedBefore) = (frames * PacketsPerFrame, _watching.Sum(w => w.MissedByBench));
            }

            var seconds = watch.Elapsed.TotalSeconds;
            for (; frames < seconds * FramesPerSecond; frames++)
            {
                SendFrame(_camera, frames);
                SendFrame(_victim, frames);
            }

            if (measuring)
            {
                var due = (long)((seconds - WarmUp.TotalSeconds) * FramesPerSecond * Flood);
                for (flooded = Math.Max(flooded, due - CatchUp); flooded < due; flooded++)
                {
                    SendFrame(_flooding, flooded);
                }

                due = (long)((seconds - WarmUp.TotalSeconds) * RequestsPerSecond);
                for (asked = Math.Max(asked, due - CatchUp); asked < due; asked++)
                {
                    RequestWindow();
                }
            }

            foreach (var peer in All)
            {
                peer.Pump();
            }
        }

        Settle();
        var sent = ((frames * PacketsPerFrame) - sentBefore) * Watchers;
        var received = _watching.Sum(w => w.Received.Count);
        var missed = _watching.Sum(w => w.MissedByBench) - missedBefore;
        Console.Error.WriteLine($"neighbour: {sent} packets, {received} arrived, {missed} dropped by the bench itself; {flooded * PacketsPerFrame} flood packets, {asked} requests");
        return Math.Max(0, 100.0 * (sent - received - missed) / sent);
    }

    /// <summary>Pumps until the packets in flight have arrived or are lost.</summary>
    private void Settle()
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromMilliseconds(500))
        {
            foreach (var peer in All)
            {
                peer.Pump();
            }
        }
    }

    private void SendFrame(BenchPeer peer, long frame)
    {
        for (var i = 0; i < PacketsPerFrame; i++)
        {
            var sequence = _sequences[peer] = (ushort)(_sequences.GetValueOrDefault(peer) + 1);
            var header = new RtpHeader { PayloadType = 96, SequenceNumber = sequence, Timestamp = (uint)(frame * 3000), Ssrc = BenchSdp.VideoSsrc, Marker = i == PacketsPerFrame - 1 };
            peer.SendRtp(header, Payload);
        }

        peer.Flush();
    }

    private void RequestWindow()
    {
        var last = _asking.LastHeader;
        Span<ushort> window = stackalloc ushort[256];
        for (var i = 0; i < window.Length; i++)
        {
            window[i] = (ushort)(last.SequenceNumber - window.Length + 1 + i);
        }

        Span<byte> buffer = stackalloc byte[1200];
        var writer = new RtcpWriter(buffer);
        writer.AddReceiverReport(9);
        writer.AddNack(9, last.Ssrc, window);
        writer.AddPictureLoss(9, last.Ssrc);
        _asking.SendRtcp(writer.Written);
    }
}
