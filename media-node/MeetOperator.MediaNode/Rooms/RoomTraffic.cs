using MeetOperator.MediaNode.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Counts the packets that a part of a room was expected to forward and the packets that it sent. Used by the loop's thread.</summary>
internal sealed class RoomTraffic
{
    public long PacketsIn { get; private set; }

    public long PacketsOut { get; private set; }

    /// <summary>Of <see cref="PacketsIn"/>, those that came from other loops of this media node.</summary>
    public long CrossedIn { get; private set; }

    /// <summary>Of <see cref="PacketsOut"/>, those that went to other loops of this media node.</summary>
    public long CrossedOut { get; private set; }

    /// <summary>Adds what the tracks of a participant did since the last call. Returns the packets that they have forwarded since then.</summary>
    public long Add(long nowTicks, IReadOnlyList<PublishedTrack> tracks)
    {
        var forwarded = 0L;
        foreach (var track in tracks)
        {
            forwarded += Add(nowTicks, track);
        }

        return forwarded;
    }

    /// <summary>Adds what one track did since the last call. Returns the packets that it has forwarded since then.</summary>
    public long Add(long nowTicks, PublishedTrack track)
    {
        var (packetsIn, packetsOut, crossed) = track.Traffic.Update(nowTicks, track.Track);
        PacketsIn += packetsIn;
        PacketsOut += packetsOut;
        CrossedIn += track.Announced?.Link is RoomLink { InMemory: not null } ? packetsIn : 0;
        CrossedOut += crossed;
        return track.Traffic.TakeForwarded(track.Track);
    }
}
