using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>Maps SSRCs to tracks. A connection has few tracks, so a linear search is faster than a dictionary.</summary>
internal sealed class StreamTable
{
    private readonly Stream[] _streams;

    private StreamTable(Stream[] streams) => _streams = streams;

    public static StreamTable Empty { get; } = new([]);

    public static StreamTable FromTracks(IReadOnlyList<UpTrack> tracks)
    {
        var streams = new List<Stream>();
        foreach (var track in tracks)
        {
            if (track.Ssrc is { } ssrc)
            {
                streams.Add(new Stream(ssrc, track, false));
            }

            if (track.RtxSsrc is { } rtx)
            {
                streams.Add(new Stream(rtx, track, true));
            }
        }

        return new StreamTable([.. streams]);
    }

    public bool TryFind(uint ssrc, out Stream stream)
    {
        foreach (ref readonly var known in _streams.AsSpan())
        {
            if (known.Ssrc == ssrc)
            {
                stream = known;
                return true;
            }
        }

        stream = default;
        return false;
    }

    public readonly record struct Stream(uint Ssrc, UpTrack Track, bool IsRetransmission);
}
