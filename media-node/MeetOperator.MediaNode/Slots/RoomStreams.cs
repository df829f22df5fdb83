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

        stream.Tracks.RemoveAll(t => t.Track == track.Track);
        stream.Tracks.Add(track);
    }

    /// <summary>Removes a track. An earlier one of the same kind, such as a second microphone, takes its place.</summary>
    public void Remove(PublishedTrack track)
    {
        var key = StreamKey.Of(track.Track);
        if (!_streams.TryGetValue(key, out var stream))
        {
            return;
        }

        stream.Tracks.RemoveAll(t => t.Track == track.Track);
        if (stream.Tracks.Count == 0)
        {
            _streams.Remove(key);
            OrderOf(key).Remove(key);
        }
    }

    private List<StreamKey> OrderOf(StreamKey key) => key.IsScreen ? _screens : _people;

    private sealed class Stream
    {
        /// <summary>The tracks in the order in which they were added. Of several of one kind, the stream has the last one.</summary>
        public List<PublishedTrack> Tracks { get; } = new(2);

        public PublishedTrack? Audio => Last(MediaKind.Audio);

        public PublishedTrack? Video => Last(MediaKind.Video);

        private PublishedTrack? Last(MediaKind kind)
        {
            for (var i = Tracks.Count - 1; i >= 0; i--)
            {
                if (Tracks[i].Track.Options.Kind == kind)
                {
                    return Tracks[i];
                }
            }

            return null;
        }
    }
}
