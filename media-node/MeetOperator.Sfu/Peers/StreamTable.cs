using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>Which SSRC is which track. A connection has a handful, so that a linear search beats a dictionary.</summary>
internal sealed class StreamTable
{
    private readonly Stream[] _streams;

    private StreamTable(Stream[] streams) => _streams = streams;

    public static StreamTable Empty { get; } = new([]);

    public static StreamTable Of(IReadOnlyList<UpTrack> tracks)
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
