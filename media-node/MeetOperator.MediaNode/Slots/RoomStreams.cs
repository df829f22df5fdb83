using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Slots;

/// <summary>The streams that the participants of a room publish. Used only on the loop's thread.</summary>
internal sealed class RoomStreams
{
    private readonly Dictionary<StreamKey, Stream> _streams = [];

    /// <summary>The screens in the order in which they were first published.</summary>
    private readonly List<StreamKey> _screens = [];

    /// <summary>The streams with a camera or a microphone, in the same order.</summary>
    private readonly List<StreamKey> _people = [];

    public IReadOnlyList<StreamKey> Screens => _screens;

    public IReadOnlyList<StreamKey> People => _people;

    public bool Contains(StreamKey stream) => _streams.ContainsKey(stream);

    public PublishedTrack? Audio(StreamKey stream) => _streams.GetValueOrDefault(stream)?.Audio;

    public PublishedTrack? Video(StreamKey stream) => _streams.GetValueOrDefault(stream)?.Video;

    public void Add(PublishedTrack track)
    {
        var key = StreamKey.Of(track.Track);
        if (!_streams.TryGetValue(key, out var stream))
        {
            _streams[key] = stream = new Stream();
            OrderOf(key).Add(key);
        }

        if (track.Track.Options.Kind == MediaKind.Audio)
        {
            stream.Audio = track;
        }
        else
        {
            stream.Video = track;
        }
    }

    /// <summary>Removes a track. Does nothing when another one has taken its place.</summary>
    public void Remove(PublishedTrack track)
    {
        var key = StreamKey.Of(track.Track);
        if (!_streams.TryGetValue(key, out var stream))
        {
            return;
        }

        stream.Audio = stream.Audio?.Track == track.Track ? null : stream.Audio;
        stream.Video = stream.Video?.Track == track.Track ? null : stream.Video;
        if (stream is { Audio: null, Video: null })
        {
            _streams.Remove(key);
            OrderOf(key).Remove(key);
        }
    }

    private List<StreamKey> OrderOf(StreamKey key) => key.IsScreen ? _screens : _people;

    private sealed class Stream
    {
        public PublishedTrack? Audio { get; set; }

        public PublishedTrack? Video { get; set; }
    }
}
