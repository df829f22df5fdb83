using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>The video tracks that a participant shows, and in which size. Immutable.</summary>
internal sealed class ParticipantViews
{
    /// <summary>Maximum number of tracks, and of pinned participants, in one request.</summary>
    public const int MaxTracks = 200;

    /// <summary>Maximum width and height in pixels.</summary>
    public const int MaxPixels = 16_384;
    private readonly Dictionary<(string Participant, TrackSource Source), TrackView>? _views;
    private readonly HashSet<string> _pinned;

    private ParticipantViews(Dictionary<(string, TrackSource), TrackView>? views, HashSet<string> pinned) => (_views, _pinned) = (views, pinned);

    /// <summary>The views of a participant that has not told what it shows.</summary>
    public static ParticipantViews Unknown { get; } = new(null, []);

    public bool IsKnown => _views is not null;

    /// <summary>The tracks that are shown; empty when that is not known.</summary>
    public IEnumerable<(string ParticipantId, TrackSource Source, TrackView View, bool IsPinned)> Tracks =>
        (_views ?? []).Select(v => (v.Key.Participant, v.Key.Source, v.Value, _pinned.Contains(v.Key.Participant)));

    /// <summary>The participants that are pinned themselves, or of which a track is.</summary>
    public IReadOnlyCollection<string> Pinned => _pinned;

    /// <summary>Validates a request.</summary>
    public static ParticipantViews Read(ViewRequest request)
    {
        if (request.Tracks.Count > MaxTracks)
        {
            throw ControlProblemException.InvalidRequest($"tracks: {request.Tracks.Count} entries; the maximum is {MaxTracks}.");
        }

        if (request.Pinned.Count > MaxTracks || request.Pinned.Any(string.IsNullOrEmpty))
        {
            throw ControlProblemException.InvalidRequest($"pinned: must be at most {MaxTracks} participant IDs.");
        }

        var views = new Dictionary<(string, TrackSource), TrackView>();
        var pinned = new HashSet<string>(request.Pinned, StringComparer.Ordinal);
        foreach (var track in request.Tracks)
        {
            var source = TrackSources.TryRead(track.Source);
            if (source is not (TrackSource.Camera or TrackSource.Screen) || track.Width is < 1 or > MaxPixels || track.Height is < 1 or > MaxPixels)
            {
                throw ControlProblemException.InvalidRequest($"tracks: each entry must have the source 'camera' or 'screen', and a width and height from 1 to {MaxPixels} pixels.");
            }

            views[(track.ParticipantId, source.Value)] = TrackView.Of(track.Width, track.Height, track.Pinned);
            if (track.Pinned)
            {
                pinned.Add(track.ParticipantId);
            }
        }

        return new ParticipantViews(views, pinned);
    }

    /// <summary>Whether the same is shown in the same way and order.</summary>
    public bool IsSameAs(ParticipantViews other) => ReferenceEquals(this, other)
        || (_views is not null && other._views is not null && Tracks.SequenceEqual(other.Tracks) && _pinned.SetEquals(other._pinned));

    public bool IsPinned(string participantId) => _pinned.Contains(participantId);

    /// <summary>Whether a camera or a screen of a participant is shown, or may be, because that is not known.</summary>
    public bool MayShow(string participantId) =>
        _views is null || _views.ContainsKey((participantId, TrackSource.Camera)) || _views.ContainsKey((participantId, TrackSource.Screen));

    /// <summary>How large the participant shows a track, in pixels; 0 for one that is not shown, or when that is not known.</summary>
    public long PixelsOf(string participantId, TrackSource source) =>
        _views?.TryGetValue((participantId, source), out var view) == true ? (long)view.Width * view.Height : 0;

    /// <summary>How the participant shows a track. Audio is always sent.</summary>
    public TrackView Of(UpTrack track) =>
        _views is null || track.Options.Kind == MediaKind.Audio ? default
        : _views.TryGetValue((track.ParticipantId, track.Source), out var view) ? view
        : TrackView.Hidden;
}
