using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using MeetOperator.NodeControl;

namespace MeetOperator.Bench.Media;

/// <summary>
/// 100 participants join one room within ten seconds. Each publishes a microphone and a camera and receives those of all others, while another room on the same loop has a
/// camera and a viewer. Afterwards, nobody sends.
/// </summary>
internal sealed class JoinStorm : IDisposable
{
    private const string Room = "storm";
    private const int Participants = 100;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, BenchPeer> _subscribing = new();
    private readonly ConcurrentQueue<BenchPeer> _connecting = new();
    private readonly List<BenchPeer> _peers = [];
    private readonly ConcurrentDictionary<string, int> _tracks = new();
    private readonly ConcurrentDictionary<string, bool> _connected = new();
    private readonly CancellationTokenSource _end = new();
    private Task _work = Task.CompletedTask;

    public static async Task<StormResult> MeasureAsync(string nodeAssembly)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly, alone: true).ConfigureAwait(false);
        using var storm = new JoinStorm();
        using var steady = new SteadyRoom();
        await steady.ConnectAsync(node.Control).ConfigureAwait(false);
        var before = node.ResidentMebibytes;
        var sending = steady.SendAsync();
        var pause = await storm.RunAsync(node.Control).ConfigureAwait(false);
        steady.End();
        await sending.ConfigureAwait(false);
        var idle = await IdleAsync(node).ConfigureAwait(false);
        var memory = (node.ResidentMebibytes - before) * 1024 / Participants;
        await storm.EndAsync(node.Control).ConfigureAwait(false);
        var (p99, max) = steady.Delays();
        return new StormResult(pause, p99, max, idle, memory);
    }

    public void Dispose()
    {
        _end.Dispose();
        foreach (var peer in _peers.Concat(_connecting))
        {
            peer.Dispose();
        }
    }

    private async Task<double> RunAsync(NodeControlClient node)
    {
        await node.PutRoomAsync(Room, new RoomSpec { Generation = 1, MaxParticipants = Participants }, default).ConfigureAwait(false);

        // The node reports the longest pause of the last ten seconds. After this delay it no longer includes the startup.
        await Task.Delay(TimeSpan.FromSeconds(11)).ConfigureAwait(false);
        _work = Task.WhenAll(Task.Run(() => AnswerOffersAsync(node)), Task.Factory.StartNew(Pump, TaskCreationOptions.LongRunning));
        var joins = new List<Task>();
        var longest = 0.0;
        for (var i = 0; i < Participants; i++)
        {
            joins.Add(JoinAsync(node, $"p{i}"));
            await Task.Delay(Duration / Participants).ConfigureAwait(false);
            longest = i % 20 == 19 ? Math.Max(longest, await LongestPauseAsync(node).ConfigureAwait(false)) : longest;
        }

        await Task.WhenAll(joins).ConfigureAwait(false);
        for (var i = 0; i < 300 && !_tracks.Values.All(t => t == 2 * (Participants - 1)); i++)
        {
            await Task.Delay(200).ConfigureAwait(false);
            longest = i % 20 == 0 ? Math.Max(longest, await LongestPauseAsync(node).ConfigureAwait(false)) : longest;
        }

        return Math.Max(longest, await LongestPauseAsync(node).ConfigureAwait(false));
    }

    /// <summary>Ends the work of the clients. Throws when a participant has not received all tracks.</summary>
    private async Task EndAsync(NodeControlClient node)
    {
        var report = await node.GetRoomAsync(Room, default).ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        if (report.DownTracks != Participants * (Participants - 1) * 2)
        {
            throw new InvalidOperationException($"The run is invalid: {report.Participants} participants received {report.DownTracks} tracks of {Participants * (Participants - 1) * 2}.");
        }
    }

    /// <summary>Waits for the work of the storm to end, then returns processor time in microseconds per second and participant. The clients answer consent checks and nothing else.</summary>
    private static async Task<double> IdleAsync(BenchNode node)
    {
        await Task.Delay(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        var before = node.ProcessorTime;
        var watch = Stopwatch.StartNew();
        await Task.Delay(TimeSpan.FromSeconds(20)).ConfigureAwait(false);
        return (node.ProcessorTime - before).TotalMicroseconds / watch.Elapsed.TotalSeconds / Participants;
    }

    private static async Task<double> LongestPauseAsync(NodeControlClient node) =>
        (await node.GetNodeAsync(default).ConfigureAwait(false)).LoopReports.Max(l => l.LongestPauseMs);

    private async Task JoinAsync(NodeControlClient node, string name)
    {
        var (publishing, subscribing) = (new BenchPeer(), new BenchPeer());
        _subscribing[name] = subscribing;
        _tracks[name] = 0;
        publishing.Connect((await node.PublishAsync(Room, name, new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(publishing) }, default).ConfigureAwait(false)).Sdp);
        _connecting.Enqueue(publishing);
        var offer = await node.SubscribeAsync(Room, name, new SubscribeRequest { Generation = 1 }, default).ConfigureAwait(false);
        await AnswerAsync(node, name, offer.Revision, offer.Sdp, offer.Tracks.Count).ConfigureAwait(false);
    }

    private async Task AnswerOffersAsync(NodeControlClient node)
    {
        try
        {
            await foreach (var e in node.WatchRoomAsync(Room, _end.Token).ConfigureAwait(false))
            {
                if (e is { Type: RoomEventTypes.Offer, ParticipantId: { } name, Revision: { } revision, Sdp: { } sdp })
                {
                    await AnswerAsync(node, name, revision, sdp, e.Tracks?.Count ?? 0).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The measurement has ended.
        }
    }

    private async Task AnswerAsync(NodeControlClient node, string name, int revision, string sdp, int tracks)
    {
        var peer = _subscribing[name];
        try
        {
            if (tracks > 0)
            {
                await node.AnswerAsync(Room, name, new SubscribeAnswer { Revision = revision, Sdp = BenchSdp.Answer(sdp, peer) }, default).ConfigureAwait(false);
            }
        }
        catch (NodeControlException e) when (e.Status == HttpStatusCode.Conflict)
        {
            return; // a newer offer follows
        }

        if (tracks > 0 && _tracks.AddOrUpdate(name, tracks, (_, had) => Math.Max(had, tracks)) == tracks && _connected.TryAdd(name, true))
        {
            peer.Connect(sdp);
            _connecting.Enqueue(peer);
        }
    }

    private void Pump()
    {
        while (!_end.IsCancellationRequested)
        {
            while (_connecting.TryDequeue(out var peer))
            {
                _peers.Add(peer);
            }

            foreach (var peer in _peers)
            {
                peer.Pump();
            }

            Thread.Sleep(2);
        }
    }
}
