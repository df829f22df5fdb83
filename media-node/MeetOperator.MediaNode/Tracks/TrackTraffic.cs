using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>
/// Counts what a track was expected to forward and what it has forwarded. It reads the counters of the track once per report, so that the packet path has no extra work.
/// Used by the loop's thread.
/// </summary>
internal sealed class TrackTraffic
{
    /// <summary>The longest time that a subscriber may wait for the first key frame.</summary>
    private const long KeyFrameTimeoutTicks = 5 * TimeSpan.TicksPerSecond;
    private Dictionary<DownTrack, (long Sent, long ReadySince)> _sent = [];
    private long _received;
    private long _forwarded;

    /// <summary>Returns what has changed since the last call: received packets that subscribers waited for, packets sent to them, and how many of those went to other loops of this media node.</summary>
    public (long PacketsIn, long PacketsOut, long PacketsCrossed) Update(long nowTicks, UpTrack track)
    {
        var sent = new Dictionary<DownTrack, (long Sent, long ReadySince)>(track.DownTracks.Count);
        var isWanted = false;
        var (packetsOut, crossed) = (0L, 0L);
        foreach (var down in track.DownTracks)
        {
            var previous = _sent.GetValueOrDefault(down, (Sent: 0, ReadySince: long.MaxValue));
            isWanted |= nowTicks - KeyFrameTimeoutTicks > previous.ReadySince;
            var added = down.SentPackets - Math.Max(previous.Sent, down.SentBeforeSource); // without the packets of earlier tracks in this slot
            packetsOut += added;
            crossed += down.Options.StaysOnNode ? added : 0;
            sent[down] = (down.SentPackets, !down.IsReady || !down.IsShown || track.IsMuted ? long.MaxValue : Math.Min(previous.ReadySince, nowTicks));
        }

        var received = track.ReceivedPackets;
        var packetsIn = isWanted ? received - _received : 0;
        (_sent, _received) = (sent, received);
        return (packetsIn, packetsOut, crossed);
    }

    /// <summary>Returns the packets that the track has forwarded since the last call.</summary>
    public long TakeForwarded(UpTrack track)
    {
        var forwarded = track.ForwardedPackets - _forwarded;
        _forwarded += forwarded;
        return forwarded;
    }
}
