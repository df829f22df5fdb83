using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Bench.Media;

/// <summary>
/// Two hundred participants join one after another, turn the camera on and off 25 times, each time with another SSRC, send some packets and leave: a media node lets a participant
/// start a limited number of tracks. One viewer has a section for each track and another one has slots. The figure is how much the resident memory of the media node grows.
/// </summary>
internal sealed class TrackChurn : IDisposable
{
    private const string Room = "churn";
    private const int WarmUpParticipants = 40;
    private const int Participants = 200;
    private const int ChangesPerParticipant = 50;
    private const int PacketsPerTrack = 4;

    /// <summary>A session with sections for tracks has to be replaced after some thousand tracks, because SRTP keeps the state of each SSRC.</summary>
    private const int ParticipantsPerSession = 40;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);
    private readonly BenchNode _node;
    private readonly BenchPeer _host = new();
    private readonly BenchPeer _slots = new();
    private BenchPeer _sections = new();
    private int _tracks;

    private TrackChurn(BenchNode node) => _node = node;

    /// <summary>Returns MiB.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly).ConfigureAwait(false);
        using var churn = new TrackChurn(node);
        return await churn.MeasureAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _host.Dispose();
        _slots.Dispose();
        _sections.Dispose();
    }

    private async Task<double> MeasureAsync()
    {
        await _node.Control.PutRoomAsync(Room, new RoomSpec { Generation = 1 }, default).ConfigureAwait(false);
        _host.Connect((await _node.Control.PublishAsync(Room, "host", new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(_host, withFeedback: true) }, default).ConfigureAwait(false)).Sdp);
        await SubscribeAsync("slots", _slots, new SlotCounts { Audio = 3, Video = 6 }).ConfigureAwait(false);
        using var end = new CancellationTokenSource();
        var answering = AnswerOffersAsync(end.Token);
        await ChurnAsync(0, WarmUpParticipants).ConfigureAwait(false);
        await Task.Delay(Rest).ConfigureAwait(false);
        var before = _node.ResidentMebibytes;
        var tracksBefore = Volatile.Read(ref _tracks);
        await ChurnAsync(WarmUpParticipants, Participants).ConfigureAwait(false);
        await Task.Delay(Rest).ConfigureAwait(false);
        var grown = _node.ResidentMebibytes - before;
        await end.CancelAsync().ConfigureAwait(false);
        await answering.ConfigureAwait(false);
        const int Expected = Participants * ChangesPerParticipant / 2;
        var tracks = _tracks - tracksBefore;
        return tracks >= Expected ? grown : throw new InvalidOperationException($"The run is invalid: {tracks} of {Expected} tracks started.");
    }

    private async Task ChurnAsync(int first, int count)
    {
        for (var number = first; number < first + count; number++)
        {
            if (number % ParticipantsPerSession == 0)
            {
                _sections.Dispose();
                _sections = new BenchPeer();
                await SubscribeAsync("sections", _sections, null).ConfigureAwait(false);
            }

            await JoinAndLeaveAsync($"p{number}", (uint)(number * 1_000)).ConfigureAwait(false);
        }
    }

    private async Task JoinAndLeaveAsync(string name, uint firstSsrc)
    {
        var view = new ViewRequest { Tracks = [new ViewedTrack { ParticipantId = name, Source = "camera", Width = 640, Height = 360 }] };
        await _node.Control.ViewAsync(Room, "sections", view, default).ConfigureAwait(false);
        await _node.Control.ViewAsync(Room, "slots", view, default).ConfigureAwait(false);
        using var peer = new BenchPeer();
        var answer = await _node.Control.PublishAsync(Room, name, new SdpOffer { Generation = 1, Sdp = BenchSdp.Publish(peer, camera: null, withFeedback: true) }, default).ConfigureAwait(false);
        peer.Connect(answer.Sdp);
        for (var attempt = 0; !(peer.IsConnected && _sections.IsConnected && _slots.IsConnected); attempt++)
        {
            Pump(peer);
            await Task.Delay(2).ConfigureAwait(false);
            _ = attempt < 5_000 ? attempt : throw new InvalidOperationException($"{name} and the viewers did not connect within 10 s.");
        }

        for (var change = 1u; change <= ChangesPerParticipant; change++)
        {
            uint? camera = change % 2 == 1 ? firstSsrc + change : null;
            await _node.Control.PublishAsync(Room, name, new SdpOffer { Generation = 1, SessionId = answer.SessionId, Sdp = BenchSdp.Publish(peer, camera, withFeedback: true) }, default).ConfigureAwait(false);
            for (ushort i = 0; camera is { } ssrc && i < PacketsPerTrack; i++)
            {
                peer.SendRtp(new RtpHeader { PayloadType = 96, SequenceNumber = i, Timestamp = i, Ssrc = ssrc, Marker = true }, [0x10, 0, 1, 2, 3, 4]);
            }

            Pump(peer);
            await Task.Delay(1).ConfigureAwait(false); // the viewer with sections answers
            Pump(peer);
        }

        await _node.Control.DeleteParticipantAsync(Room, name, default).ConfigureAwait(false);
    }

    private async Task SubscribeAsync(string name, BenchPeer peer, SlotCounts? slots)
    {
        var offer = await _node.Control.SubscribeAsync(Room, name, new SubscribeRequest { Generation = 1, Restart = true, Slots = slots }, default).ConfigureAwait(false);
        await AnswerAsync(name, peer, offer.Revision, offer.Sdp).ConfigureAwait(false);
        peer.Connect(offer.Sdp);
    }

    private async Task AnswerOffersAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var e in _node.Control.WatchRoomAsync(Room, ct).ConfigureAwait(false))
            {
                if (e.Type == RoomEventTypes.TrackAdded)
                {
                    Interlocked.Increment(ref _tracks);
                }
                else if (e is { Type: RoomEventTypes.Offer, ParticipantId: { } name, Revision: { } revision, Sdp: { } sdp })
                {
                    await AnswerAsync(name, name == "slots" ? _slots : _sections, revision, sdp).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The measurement has ended.
        }
    }

    private async Task AnswerAsync(string name, BenchPeer peer, int revision, string sdp)
    {
        try
        {
            await _node.Control.AnswerAsync(Room, name, new SubscribeAnswer { Revision = revision, Sdp = BenchSdp.Answer(sdp, peer, withFeedback: true) }, default).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            // A newer offer follows, or the session has been replaced.
        }
    }

    private void Pump(BenchPeer peer)
    {
        foreach (var each in new[] { peer, _host, _sections, _slots })
        {
            each.Pump();
        }
    }
}
