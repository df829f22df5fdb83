using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>Maps SSRCs to layers. A connection has few tracks, so a linear search is faster than a dictionary.</summary>
internal sealed class StreamTable
{
    private readonly Stream[] _streams;

    private StreamTable(Stream[] streams) => _streams = streams;

    public static StreamTable Empty { get; } = new([]);

    /// <summary>The first SSRC with media; 0 when there is none.</summary>
    public uint FirstMediaSsrc => Array.Find(_streams, s => !s.IsRetransmission).Ssrc;

    public static StreamTable FromTracks(IReadOnlyList<UpTrack> tracks)
    {
        var streams = new List<Stream>();
        foreach (var track in tracks)
        {
            foreach (var layer in track.Layers)
            {
                if (layer.Ssrc is { } ssrc)
                {
                    streams.Add(new Stream(ssrc, track, layer, false));
                }

                if (layer.RtxSsrc is { } rtx)
                {
                    streams.Add(new Stream(rtx, track, layer, true));
                }
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

    public readonly record struct Stream(uint Ssrc, UpTrack Track, UpLayer Layer, bool IsRetransmission);
}
