using System.Collections.Concurrent;
using System.Net;
using MeetOperator.NodeControl;

namespace MeetOperator.Bench.Media;

/// <summary>
/// 100 participants join one room within ten seconds. Each publishes a microphone and a camera and receives those of all others. The figure is the longest time
/// during which the loop did not read its socket, which is how long media stops for all participants.
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

    /// <summary>Returns milliseconds.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly, alone: true).ConfigureAwait(false);
        using var storm = new JoinStorm();
        return await storm.RunAsync(node.Control).ConfigureAwait(false);
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
        var answering = Task.Run(() => AnswerOffersAsync(node));
        var pumping = Task.Factory.StartNew(Pump, TaskCreationOptions.LongRunning);
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

        longest = Math.Max(longest, await LongestPauseAsync(node).ConfigureAwait(false));
        var report = await node.GetRoomAsync(Room, default).ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(answering, pumping).ConfigureAwait(false);
        return report.DownTracks == Participants * (Participants - 1) * 2
            ? longest
            : throw new InvalidOperationException($"The run is invalid: {report.Participants} participants received {report.DownTracks} tracks of {Participants * (Participants - 1) * 2}.");
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
