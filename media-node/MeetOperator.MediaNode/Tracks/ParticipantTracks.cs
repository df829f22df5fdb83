using System.Runtime.ExceptionServices;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>
/// The tracks of one participant in a room, and the mute state of the sources that it publishes here. Sessions of the room and links carry them. The participant itself can be
/// on another media node. Used by the loop's thread.
/// </summary>
internal sealed class ParticipantTracks
{
    private readonly HashSet<TrackSource> _muted = [];
    private int _trackNumber;

    public ParticipantTracks(string participantId, RoomOrigin origin)
    {
        (ParticipantId, Origin) = (participantId, origin);
        Carriage = new TrackCarriage(this);
    }

    /// <summary>Raised when a track begins. Its subscribers must be told.</summary>
    public event Action<PublishedTrack>? Added;

    /// <summary>Raised after a track has closed.</summary>
    public event Action<PublishedTrack>? Removed;

    /// <summary>Raised after a track got another carrier, with whether a link carried it before.</summary>
    public event Action<PublishedTrack, bool>? CarrierChanged;

    /// <summary>Raised when a track was muted or unmuted.</summary>
    public event Action<PublishedTrack>? MuteChanged;

    /// <summary>Raised when a link says something else than before about a track that it carries.</summary>
    public event Action<PublishedTrack>? AnnouncementChanged;

    public string ParticipantId { get; }

    /// <summary>The room of the tracks.</summary>
    public RoomOrigin Origin { get; }

    /// <summary>Decides who carries the tracks.</summary>
    public TrackCarriage Carriage { get; }

    /// <summary>The tracks that sessions of this room carry.</summary>
    public List<PublishedTrack> Local { get; } = [];

    /// <summary>The tracks that links carry.</summary>
    public List<PublishedTrack> Relayed { get; } = [];

    public IEnumerable<PublishedTrack> All => Relayed.Count == 0 ? Local : Local.Concat(Relayed);

    /// <summary>Adds a track of a session without announcing it. The track starts muted if its source is muted.</summary>
    public PublishedTrack Add(UpTrackOptions options, TrackSource source, RtpCodec codec, ISessionCarrier session, MemoryBudget? memory)
    {
        var track = Create(options, source, codec, memory);
        track.SetCarrier(session);
        track.Track.SetMuted(_muted.Contains(source));
        Local.Add(track);
        return track;
    }

    /// <summary>Adds a track of a link without announcing it.</summary>
    public PublishedTrack Add(AnnouncedTrack announced)
    {
        var track = Create(announced.Options, announced.Source, announced.Codec, announced.Memory);
        track.SetCarrier(announced);
        track.Track.SetMuted(announced.IsMuted);
        Relayed.Add(track);
        return track;
    }

    /// <summary>Announces an added track. Call this after its carrier lists the track, so that it can close it even if announcing fails.</summary>
    public void Announce(PublishedTrack track)
    {
        Added?.Invoke(track);
        Carriage.OnCarrierChanged(track.Track.Source);
    }

    /// <summary>Records that a session carries a track that had another carrier.</summary>
    public void Hand(PublishedTrack track, ISessionCarrier session)
    {
        var wasRelayed = Detach(track);
        track.SetCarrier(session);
        Local.Add(track);
        track.Track.SetMuted(_muted.Contains(track.Track.Source));
        OnHanded(track, wasRelayed);
    }

    /// <summary>Records that a link carries a track that had another carrier.</summary>
    public void Hand(PublishedTrack track, AnnouncedTrack announced)
    {
        var wasRelayed = Detach(track);
        track.SetCarrier(announced);
        Relayed.Add(track);
        track.Track.SetMuted(announced.IsMuted);
        OnHanded(track, wasRelayed);
    }

    public void Close(PublishedTrack track)
    {
        Detach(track);
        End(track);
    }

    /// <summary>Closes several tracks. None of them is listed any more when the first one closes. After an error the others close all the same.</summary>
    public void CloseAll(IReadOnlyList<PublishedTrack> tracks)
    {
        Local.RemoveAll(tracks.Contains);
        Relayed.RemoveAll(tracks.Contains);
        Exception? first = null;
        foreach (var track in tracks)
        {
            try
            {
                End(track);
            }
            catch (Exception e)
            {
                first ??= e;
            }
        }

        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    /// <summary>Sets the mute state of sources that the participant publishes here. It also applies to tracks that are published later.</summary>
    public void Mute(MuteState muted)
    {
        Mute(TrackSource.Microphone, muted.Microphone);
        Mute(TrackSource.Camera, muted.Camera);
        Mute(TrackSource.Screen, muted.Screen);
        Mute(TrackSource.ScreenAudio, muted.ScreenAudio);
        foreach (var track in Local)
        {
            var before = track.Track.IsMuted;
            track.Track.SetMuted(_muted.Contains(track.Track.Source));
            if (track.Track.IsMuted != before)
            {
                MuteChanged?.Invoke(track);
            }
        }
    }

    /// <summary>Passes on that the link which carries a track has announced it again, perhaps with other values.</summary>
    public void Reannounce(PublishedTrack track) => AnnouncementChanged?.Invoke(track);

    /// <summary>Sets the mute state of a relayed track.</summary>
    public void Mute(PublishedTrack relayed, bool isMuted)
    {
        if (relayed.Track.IsMuted != isMuted)
        {
            relayed.Track.SetMuted(isMuted);
            MuteChanged?.Invoke(relayed);
        }
    }

    /// <summary>Forgets the mute state, which ends with the participant's stay on this node.</summary>
    public void ForgetMutes() => _muted.Clear();

    /// <summary>Describes the tracks that the participant publishes here, by media section.</summary>
    public IReadOnlyList<TrackDescription> Describe() =>
        [.. Local.Select(t => new TrackDescription { Mid = t.Track.Options.Mid, ParticipantId = ParticipantId, Kind = t.Kind, Source = t.Source })];

    private PublishedTrack Create(UpTrackOptions options, TrackSource source, RtpCodec codec, MemoryBudget? memory) =>
        new(new UpTrack(options, ParticipantId, source, $"{TrackSources.Name(source)}-{++_trackNumber}", memory), codec);

    /// <summary>Returns true when a link carried the track.</summary>
    private bool Detach(PublishedTrack track) => !Local.Remove(track) && Relayed.Remove(track);

    private void OnHanded(PublishedTrack track, bool wasRelayed)
    {
        CarrierChanged?.Invoke(track, wasRelayed);
        Carriage.OnCarrierChanged(track.Track.Source);
    }

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

    private void End(PublishedTrack track)
    {
        track.Track.Close();
        Removed?.Invoke(track);
    }
}
