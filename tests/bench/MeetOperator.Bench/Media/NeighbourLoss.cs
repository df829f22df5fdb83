using System.Diagnostics;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Bench.Media;

/// <summary>
/// One misbehaving participant beside another room on the same loop: it sends fifty times what a camera sends, to four people, and asks for whole
/// windows of packets and for key frames a thousand times a second. Measured is what the other room, a camera and four people, loses of its own.
/// </summary>
internal sealed class NeighbourLoss : IDisposable
{
    private const int Watchers = 4;
    private const int FramesPerSecond = 30;
    private const int PacketsPerFrame = 8;
    private const int Flood = 50;
    private const int RequestsPerSecond = 1000;

    /// <summary>After a moment in which the bench had no processor, it does not send all at once what it would have sent meanwhile.</summary>
    private const int CatchUp = 5;
    private const string Good = "good";
    private const string Bad = "bad";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly byte[] Payload = [0x10, 0x00, .. new byte[1086]]; // VP8: every packet may begin a key frame
    private readonly BenchPeer _camera = new();
    private readonly BenchPeer _victim = new();
    private readonly BenchPeer _flooding = new();
    private readonly BenchPeer _asking = new();
    private readonly List<BenchPeer> _watching = [.. Enumerable.Range(0, Watchers).Select(_ => new BenchPeer())];
    private readonly List<BenchPeer> _flooded = [.. Enumerable.Range(0, Watchers).Select(_ => new BenchPeer())];
    private readonly Dictionary<BenchPeer, ushort> _sequences = [];

    private IEnumerable<BenchPeer> All => [_camera, _victim, _flooding, _asking, .. _watching, .. _flooded];

    /// <summary>Percent of the other room's packets.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly, TimeSpan duration)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly, alone: true).ConfigureAwait(false);
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
                throw new InvalidOperationException("The peers of the bench did not connect.");
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
                // What is on its way is behind the first packet that counts.
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
                    AskForAWindow();
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
        Console.Error.WriteLine($"neighbour: {sent} packets, {received} arrived, {missed} missed by the bench; {flooded * PacketsPerFrame} packets of the flood, {asked} requests");
        return Math.Max(0, 100.0 * (sent - received - missed) / sent);
    }

    /// <summary>Until what was sent has arrived, or never will.</summary>
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

    private void AskForAWindow()
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
