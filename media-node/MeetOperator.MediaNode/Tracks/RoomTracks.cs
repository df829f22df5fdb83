using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>All tracks of a room by participant: those of participants on this node, and those of others, which links carry. Used by the loop's thread.</summary>
/// <param name="origin">The room.</param>
internal sealed class RoomTracks(RoomOrigin origin)
{
    private readonly Dictionary<string, ParticipantTracks> _tracks = new(StringComparer.Ordinal);

    /// <summary>Kept apart because they are read every 20 ms, and most microphones of a large meeting are muted.</summary>
    private readonly List<PublishedTrack> _openMicrophones = [];

    /// <summary>The participants on this node. Others are in <see cref="_tracks"/> only as long as they have tracks.</summary>
    private readonly HashSet<string> _present = new(StringComparer.Ordinal);

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

    /// <summary>The room.</summary>
    public RoomOrigin Origin => origin;

    /// <summary>The tracks that sessions of this room carry: what it tells other rooms of the meeting.</summary>
    public IEnumerable<PublishedTrack> Local => _tracks.Values.SelectMany(t => t.Local);

    /// <summary>The microphones that are not muted, in the order in which they were opened.</summary>
    public IReadOnlyList<PublishedTrack> OpenMicrophones => _openMicrophones;

    /// <summary>The tracks that links carry.</summary>
    public IEnumerable<PublishedTrack> Relayed => _tracks.Values.SelectMany(t => t.Relayed);

    /// <summary>Returns the tracks of a participant that joins on this node. It may have some that links carry.</summary>
    public ParticipantTracks Join(string participantId)
    {
        _present.Add(participantId);
        return GetOrAdd(participantId);
    }

    /// <summary>Records that a participant has left this node, after its sessions have ended. Links may go on carrying its tracks.</summary>
    public void Leave(string participantId)
    {
        if (_present.Remove(participantId) && _tracks.TryGetValue(participantId, out var tracks))
        {
            tracks.Local.Clear(); // what an error has left
            _openMicrophones.RemoveAll(track => track.Track.ParticipantId == participantId && !tracks.Relayed.Contains(track));
            tracks.ForgetMutes();
            Forget(tracks);
        }
    }

    /// <summary>The tracks of the named participants.</summary>
    public List<PublishedTrack> Of(IEnumerable<string> ids) => [.. ids.SelectMany(id => _tracks.TryGetValue(id, out var tracks) ? tracks.All : [])];

    /// <summary>The tracks of all participants but one.</summary>
    public List<PublishedTrack> For(string subscriberId) => [.. _tracks.Values.Where(t => t.ParticipantId != subscriberId).SelectMany(t => t.All)];

    /// <summary>Runs <paramref name="work"/> for each track that a link carries. An error ends the link.</summary>
    public void ForEachRelayed<T>(T argument, Action<PublishedTrack, T> work)
    {
        foreach (var tracks in _tracks.Values)
        {
            foreach (var track in tracks.Relayed)
            {
                try
                {
                    work(track, argument);
                }
                catch (Exception e)
                {
                    track.Announced!.Link.Fail(e);
                }
            }
        }
    }

    /// <inheritdoc cref="TrackCarriage.OnAnnounced"/>
    public void OnAnnounced(AnnouncedTrack announced) => GetOrAdd(announced.ParticipantId).Carriage.OnAnnounced(announced);

    /// <inheritdoc cref="TrackCarriage.OnRemoved"/>
    public void OnRemoved(AnnouncedTrack announced)
    {
        if (_tracks.TryGetValue(announced.ParticipantId, out var tracks))
        {
            tracks.Carriage.OnRemoved(announced);
            Forget(tracks);
        }
    }

    /// <inheritdoc cref="TrackCarriage.OnStarted"/>
    public void OnStarted(AnnouncedTrack announced) => _tracks.GetValueOrDefault(announced.ParticipantId)?.Carriage.OnStarted(announced);

    /// <inheritdoc cref="TrackCarriage.OnMuted"/>
    public void OnMuted(AnnouncedTrack announced) => _tracks.GetValueOrDefault(announced.ParticipantId)?.Carriage.OnMuted(announced);

    private ParticipantTracks GetOrAdd(string participantId)
    {
        if (!_tracks.TryGetValue(participantId, out var tracks))
        {
            _tracks[participantId] = tracks = new ParticipantTracks(participantId, origin);
            tracks.Added += track =>
            {
                UpdateOpen(track);
                Added?.Invoke(track);
            };
            tracks.CarrierChanged += (track, wasRelayed) =>
            {
                UpdateOpen(track);
                CarrierChanged?.Invoke(track, wasRelayed);
            };
            tracks.MuteChanged += track =>
            {
                UpdateOpen(track);
                MuteChanged?.Invoke(track);
            };
            tracks.AnnouncementChanged += track => AnnouncementChanged?.Invoke(track);
            tracks.Removed += track =>
            {
                _openMicrophones.Remove(track);
                Forget(tracks);
                Removed?.Invoke(track);
            };
        }

        return tracks;
    }

    private void UpdateOpen(PublishedTrack track)
    {
        var isOpen = track.Track is { Source: TrackSource.Microphone, IsMuted: false };
        if (isOpen && !_openMicrophones.Contains(track))
        {
            _openMicrophones.Add(track);
        }
        else if (!isOpen)
        {
            _openMicrophones.Remove(track);
        }
    }

    private void Forget(ParticipantTracks tracks)
    {
        if (!_present.Contains(tracks.ParticipantId) && tracks.Carriage.IsEmpty && !tracks.All.Any())
        {
            _tracks.Remove(tracks.ParticipantId);
        }
    }
}
