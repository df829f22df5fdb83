using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>A participant on this node: its sessions, its mute state, and when signaling last spoke of it.</summary>
internal sealed class NodeParticipant(string id)
{
    private static readonly List<PublishedTrack> NoTracks = [];
    private int _tracks;

    public string Id { get; } = id;

    public long LastTouchTicks { get; set; }

    public PublishSession? Publishing { get; set; }

    public SubscribeSession? Subscribing { get; set; }

    public List<PlaySession> Plays { get; } = [];

    /// <summary>What it publishes; one shared empty list when it does not.</summary>
    public List<PublishedTrack> PublishedTracks => Publishing?.Tracks ?? NoTracks;

    public bool AudioMuted { get; set; }

    public bool VideoMuted { get; set; }

    public bool HasConnectedTransport =>
        Publishing?.Peer.IsReady == true || Subscribing?.Peer.IsReady == true || Plays.Exists(p => p.Peer.IsReady);

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

    public bool IsMuted(MediaKind kind) => kind == MediaKind.Audio ? AudioMuted : VideoMuted;

    public int NextTrackNumber() => ++_tracks;

    public ParticipantReport Report() => new()
    {
        Participant = Id,
        Publishing = Publishing?.Peer.IsReady == true,
        Subscribing = Subscribing?.Peer.IsReady == true || Plays.Exists(p => p.Peer.IsReady),
        Tracks = [.. PublishedTracks.Select(t => new TrackDescription { Mid = t.Track.Options.Mid, ParticipantId = Id, Kind = t.Kind, Source = t.Source })],
    };
}
