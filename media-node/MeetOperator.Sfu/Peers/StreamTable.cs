using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>Maps SSRCs to layers. Of two streams with one SSRC, the first one counts.</summary>
internal sealed class StreamTable
{
    /// <summary>Most connections have few streams. A linear search through these is faster than a dictionary.</summary>
    private const int MaxSearched = 16;
    private readonly Stream[] _streams;

    /// <summary>The index of the stream with an SSRC; null for few streams.</summary>
    private readonly Dictionary<uint, int>? _indexes;

    private StreamTable(Stream[] streams)
    {
        _streams = streams;
        if (streams.Length > MaxSearched)
        {
            _indexes = new Dictionary<uint, int>(streams.Length);
            for (var i = 0; i < streams.Length; i++)
            {
                _indexes.TryAdd(streams[i].Ssrc, i);
            }
        }
    }

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
        if (_indexes is not null)
        {
            var isKnown = _indexes.TryGetValue(ssrc, out var index);
            stream = isKnown ? _streams[index] : default;
            return isKnown;
        }

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
