using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>A participant of a room on this node: its sessions, its mute state, and when signaling last refreshed it.</summary>
internal sealed class NodeParticipant(string id, TrackLimit newTracks)
{
    private static readonly List<PublishedTrack> NoTracks = [];
    private readonly HashSet<TrackSource> _muted = [];
    private int _tracks;

    public string Id { get; } = id;

    public long LastTouchTicks { get; set; }

    /// <summary>The ingress limit of all sessions of this participant, including sessions that replace others.</summary>
    public IngressLimit Ingress { get; } = new();

    /// <summary>The limit on new tracks of all sessions. It persists when the participant leaves and rejoins.</summary>
    public TrackLimit NewTracks => newTracks;

    /// <summary>The memory limit for retransmissions of all sessions.</summary>
    public RetransmissionBudget Retransmissions { get; } = new(RetransmissionBudget.DefaultBytes);

    public PublishSession? Publishing { get; set; }

    public SubscribeSession? Subscribing { get; set; }

    public List<PlaySession> Plays { get; } = [];

    /// <summary>The published tracks, or a shared empty list when there are none.</summary>
    public List<PublishedTrack> PublishedTracks => Publishing?.Tracks ?? NoTracks;

    public bool HasConnectedTransport =>
        Publishing?.Peer.IsReady == true || Subscribing?.Peer.IsReady == true || Plays.Exists(p => p.Peer.IsReady);

    /// <summary>Whether the participant is connected and none of its transports has received a datagram recently.</summary>
    public bool IsSilent(long nowTicks) => HasConnectedTransport && Peers.Where(p => p.IsReady).All(p => p.IsSilent(nowTicks));

    public IEnumerable<PeerSession> Peers
    {
        get
        {
            if (Publishing is not null)
            {
                yield return Publishing.Peer;
            }

            if (Subscribing is not null)
            {
                yield return Subscribing.Peer;
            }

            foreach (var play in Plays)
            {
                yield return play.Peer;
            }
        }
    }

    public bool IsMuted(TrackSource source) => _muted.Contains(source);

    /// <summary>Sets the mute state of sources. It also applies to tracks that are published later.</summary>
    public void Mute(MuteState muted)
    {
        Mute(TrackSource.Microphone, muted.Microphone);
        Mute(TrackSource.Camera, muted.Camera);
        Mute(TrackSource.Screen, muted.Screen);
        Mute(TrackSource.ScreenAudio, muted.ScreenAudio);
        foreach (var track in PublishedTracks)
        {
            track.Track.SetMuted(IsMuted(track.Track.Options.Source));
        }
    }

    public int NextTrackNumber() => ++_tracks;

    /// <summary>Describes the published tracks by media section.</summary>
    public IReadOnlyList<TrackDescription> DescribeTracks() =>
        [.. PublishedTracks.Select(t => new TrackDescription { Mid = t.Track.Options.Mid, ParticipantId = Id, Kind = t.Kind, Source = t.Source })];

    public ParticipantReport Report() => new()
    {
        Participant = Id,
        Publishing = Publishing?.Peer.IsReady == true,
        Subscribing = Subscribing?.Peer.IsReady == true || Plays.Exists(p => p.Peer.IsReady),
        SubscribeSession = Subscribing?.Peer.Id ?? string.Empty,
        Tracks = DescribeTracks(),
    };

    private void Mute(TrackSource source, bool? muted)
    {
        if (muted == true)
        {
            _muted.Add(source);
        }
        else if (muted == false)
        {
            _muted.Remove(source);
        }
    }
}
