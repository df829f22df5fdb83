using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using MeetOperator.NodeControl;

namespace MeetOperator.Bench.Media;

/// <summary>
/// 100 participants join one room within ten seconds, while another room on the same loop has a camera and a viewer. Each participant publishes a microphone that hears nothing
/// and a camera that sends nothing, and shows 25 others in slots, as the SDK does. Afterwards, everybody is muted: first as clients whose microphones go on sending silence, then
/// as the SDK, which sends nothing. Before, 30 participants join and leave: a node compiles code
/// when it first runs it, which delays its first participants and is not what is measured here.
/// </summary>
internal sealed class JoinStorm : IDisposable
{
    private const int Shown = 25;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly string _room;
    private readonly int _participants;
    private readonly ConcurrentDictionary<string, BenchPeer> _subscribing = new();
    private readonly ConcurrentQueue<BenchPeer> _connecting = new();
    private readonly ConcurrentQueue<SilentMicrophone> _microphones = new();
    private readonly List<BenchPeer> _peers = [];

    /// <summary>How many videos each participant gets.</summary>
    private readonly ConcurrentDictionary<string, int> _tracks = new();
    private readonly TaskCompletionSource _watching = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _end = new();
    private Task _work = Task.CompletedTask;

    private JoinStorm(string room, int participants) => (_room, _participants) = (room, participants);

    public static async Task<StormResult> MeasureAsync(string nodeAssembly)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly, BenchNode.FirstProcessor).ConfigureAwait(false);
        using var rehearsal = new JoinStorm("rehearsal", 30);
        await rehearsal.PrepareAsync(node.Control).ConfigureAwait(false);
        await rehearsal.JoinAsync(node.Control).ConfigureAwait(false);
        await rehearsal.MuteAsync(node.Control).ConfigureAwait(false);
        await rehearsal.EndAsync(node.Control).ConfigureAwait(false);
        using var storm = new JoinStorm("storm", 100);
        using var steady = new SteadyRoom();
        await steady.ConnectAsync(node.Control).ConfigureAwait(false);
        var before = node.ResidentMebibytes;
        var sending = steady.SendAsync();
        await storm.PrepareAsync(node.Control).ConfigureAwait(false);
        var firstJoin = DateTime.UtcNow;
        var pause = await storm.JoinAsync(node.Control).ConfigureAwait(false);
        steady.End();
        await sending.ConfigureAwait(false);
        await storm.MuteAsync(node.Control).ConfigureAwait(false);
        var silent = await IdleAsync(node, storm._participants).ConfigureAwait(false);
        storm.StopMicrophones();
        var idle = await IdleAsync(node, storm._participants).ConfigureAwait(false);
        var memory = (node.ResidentMebibytes - before) * 1024 / storm._participants;
        await storm.EndAsync(node.Control).ConfigureAwait(false);
        var (p99, max) = steady.DelaysSince(firstJoin);
        return new StormResult(pause, p99, max, idle, silent, memory);
    }

    public void Dispose()
    {
        _end.Dispose();
        foreach (var peer in _peers.Concat(_connecting))
        {
            peer.Dispose();
        }
    }

    private async Task PrepareAsync(NodeControlClient node)
    {
        await node.PutRoomAsync(_room, new RoomSpec { Generation = 1, MaxParticipants = _participants }, default).ConfigureAwait(false);

        // The node reports the longest pause of the last ten seconds. After this delay it no longer includes the startup.
        await Task.Delay(TimeSpan.FromSeconds(11)).ConfigureAwait(false);
        _work = Task.WhenAll(Task.Run(() => AnswerOffersAsync(node)), Task.Factory.StartNew(Pump, TaskCreationOptions.LongRunning));
        await _watching.Task.ConfigureAwait(false);
    }

    /// <summary>Returns when everybody shows the others: the longest pause of the loop since the first join, in milliseconds.</summary>
    private async Task<double> JoinAsync(NodeControlClient node)
    {
        var joins = new List<Task>();
        var longest = 0.0;
        for (var i = 0; i < _participants; i++)
        {
            joins.Add(JoinAsync(node, i));
            await Task.Delay(Interval).ConfigureAwait(false);
            longest = i % 20 == 19 ? Math.Max(longest, await LongestPauseAsync(node).ConfigureAwait(false)) : longest;
        }

        await Task.WhenAll(joins).ConfigureAwait(false);
        for (var i = 0; i < 300 && !_tracks.Values.All(t => t >= Shown); i++)
        {
            await Task.Delay(200).ConfigureAwait(false);
            longest = i % 20 == 0 ? Math.Max(longest, await LongestPauseAsync(node).ConfigureAwait(false)) : longest;
        }

        return Math.Max(longest, await LongestPauseAsync(node).ConfigureAwait(false));
    }

    private Task MuteAsync(NodeControlClient node)
    {
        var request = new TrackMuteRequest { Muted = new MuteState { Microphone = true, Camera = true } };
        return Task.WhenAll(Enumerable.Range(0, _participants).Select(i => node.MuteAsync(_room, NameOf(i), request, default)));
    }

    /// <summary>From now on, only the checks of the connections are sent.</summary>
    private void StopMicrophones() => _microphones.Clear();

    /// <summary>Ends the work of the clients. Throws when a participant has not received all tracks.</summary>
    private async Task EndAsync(NodeControlClient node)
    {
        var report = await node.GetRoomAsync(_room, default).ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        await node.DeleteRoomAsync(_room, 1, default).ConfigureAwait(false);
        if (report.Participants != _participants || _tracks.Values.Any(t => t < Shown))
        {
            throw new InvalidOperationException($"The run is invalid: {report.Participants} participants show {string.Join(' ', _tracks.Values.Order())} others, not {Shown}.");
        }
    }

    /// <summary>Waits for earlier work to end, then returns processor time in microseconds per second and participant. The clients answer consent checks.</summary>
    private static async Task<double> IdleAsync(BenchNode node, int participants)
    {
        await Task.Delay(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        var before = node.ProcessorTime;
        var watch = Stopwatch.StartNew();
        await Task.Delay(TimeSpan.FromSeconds(20)).ConfigureAwait(false);
        return (node.ProcessorTime - before).TotalMicroseconds / watch.Elapsed.TotalSeconds / participants;
    }

    private static async Task<double> LongestPauseAsync(NodeControlClient node) =>
        (await node.GetNodeAsync(default).ConfigureAwait(false)).LoopReports.Max(l => l.LongestPauseMs);

    private static string NameOf(int participant) => $"p{participant}";

    private static int CountVideos(IReadOnlyList<TrackDescription> tracks) => tracks.Count(track => track is { Kind: "video", ParticipantId.Length: > 0 });

    private async Task JoinAsync(NodeControlClient node, int participant)
    {
        var name = NameOf(participant);
        var (publishing, subscribing) = (new BenchPeer(), new BenchPeer());
        _subscribing[name] = subscribing;
        publishing.Connect((await node.PublishAsync(_room, name, new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(publishing, withFeedback: true) }, default).ConfigureAwait(false)).Sdp);
        _connecting.Enqueue(publishing);
        _microphones.Enqueue(new SilentMicrophone(publishing));
        var offer = await node.SubscribeAsync(_room, name, new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 6, Video = 28 } }, default).ConfigureAwait(false);
        _tracks.TryAdd(name, CountVideos(offer.Tracks)); // an event may have come first
        await AnswerAsync(node, name, offer.Revision, offer.Sdp).ConfigureAwait(false);
        subscribing.Connect(offer.Sdp);
        _connecting.Enqueue(subscribing);
        var shown = Enumerable.Range(1, Shown).Select(i => NameOf((participant + i) % _participants));
        await node.ViewAsync(
            _room, name, new ViewRequest { Tracks = [.. shown.Select(other => new ViewedTrack { ParticipantId = other, Source = "camera", Width = 320, Height = 180 })] }, default).ConfigureAwait(false);
    }

    private async Task AnswerOffersAsync(NodeControlClient node)
    {
        try
        {
            await foreach (var e in node.WatchRoomAsync(_room, _end.Token).ConfigureAwait(false))
            {
                if (e.Type == RoomEventTypes.Ready)
                {
                    _watching.TrySetResult();
                }

                if (e is not { Type: RoomEventTypes.Offer or RoomEventTypes.Slots, ParticipantId: { } name, Tracks: { } tracks, SessionId: { } session, SlotsVersion: { } version })
                {
                    continue;
                }

                _tracks[name] = CountVideos(tracks);
                if (e is { Revision: { } revision, Sdp: { } sdp })
                {
                    await AnswerAsync(node, name, revision, sdp).ConfigureAwait(false);
                }

                await node.ConfirmSlotsAsync(_room, name, new SlotsConfirmation { SessionId = session, Version = version }, default).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The measurement has ended.
        }
    }

    private async Task AnswerAsync(NodeControlClient node, string name, int revision, string sdp)
    {
        try
        {
            await node.AnswerAsync(_room, name, new SubscribeAnswer { Revision = revision, Sdp = BenchSdp.Answer(sdp, _subscribing[name], withFeedback: true) }, default).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Status == HttpStatusCode.Conflict)
        {
            // A newer offer follows.
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

            var now = Stopwatch.GetElapsedTime(0).Ticks;
            foreach (var microphone in _microphones)
            {
                microphone.SendDue(now);
            }

            Thread.Sleep(2);
        }
    }
}
