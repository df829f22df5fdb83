using MeetOperator.NodeControl;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>
/// The tracks that one participant publishes, and the mute state of its sources. It belongs to the participant and not to the sessions that carry the tracks.
/// Used by the loop's thread.
/// </summary>
internal sealed class ParticipantTracks(string participantId, MemoryBudget retransmissions)
{
    private readonly HashSet<TrackSource> _muted = [];
    private int _trackNumber;

    public event Action<PublishedTrack>? Added;

    /// <summary>Raised after a track has closed.</summary>
    public event Action<PublishedTrack>? Removed;

    public List<PublishedTrack> All { get; } = [];

    /// <summary>Adds a track without announcing it. The track starts muted if its source is muted.</summary>
    public PublishedTrack Add(UpTrackOptions options, TrackSource source, RtpCodec codec)
    {
        var track = new PublishedTrack(new UpTrack(options, participantId, source, $"{TrackSources.Name(source)}-{++_trackNumber}", retransmissions), codec);
        track.Track.SetMuted(_muted.Contains(source));
        All.Add(track);
        return track;
    }

    /// <summary>Announces an added track. Call this after its session lists the track, so that the session can close it even if announcing fails.</summary>
    public void Announce(PublishedTrack track) => Added?.Invoke(track);

    public void Close(PublishedTrack track)
    {
        All.Remove(track);
        End(track);
    }

    /// <summary>Closes several tracks. None of them is listed any more when the first one closes.</summary>
    public void CloseAll(IReadOnlyList<PublishedTrack> tracks)
    {
        All.RemoveAll(tracks.Contains);
        foreach (var track in tracks)
        {
            End(track);
        }
    }

    /// <summary>Sets the mute state of sources. It also applies to tracks that are published later.</summary>
    public void Mute(MuteState muted)
    {
        Mute(TrackSource.Microphone, muted.Microphone);
        Mute(TrackSource.Camera, muted.Camera);
        Mute(TrackSource.Screen, muted.Screen);
        Mute(TrackSource.ScreenAudio, muted.ScreenAudio);
        foreach (var track in All)
        {
            track.Track.SetMuted(_muted.Contains(track.Track.Source));
        }
    }

    /// <summary>Describes the tracks by media section.</summary>
    public IReadOnlyList<TrackDescription> Describe() =>
        [.. All.Select(t => new TrackDescription { Mid = t.Track.Options.Mid, ParticipantId = participantId, Kind = t.Kind, Source = t.Source })];

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
