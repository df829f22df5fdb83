using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Links;

/// <summary>
/// Keeps what a room sends over a link within a rate. Audio always crosses. What is left goes to the smallest layer of each demanded screen, then of each demanded camera, then to
/// the next larger layers. A layer that does not fit is announced as not available, so that the receivers beyond the link use a smaller one. Retransmissions are not counted.
/// Used by the loop of the room.
/// </summary>
internal sealed class LinkLimit
{
    /// <summary>How often layers are chosen.</summary>
    public const long IntervalTicks = 250 * TimeSpan.TicksPerMillisecond;

    /// <summary>A layer that was left out returns when it takes at most this part of what is left, so that it does not come and go.</summary>
    private const double ReturnPart = 0.85;

    private long _nextTicks;

    /// <summary>The limit in kilobits per second; null for none.</summary>
    public int? KilobitsPerSecond { get; set; }

    /// <summary>Decides for each track which of its layers may cross, at most once in <see cref="IntervalTicks"/>.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="tracks">All tracks of the link.</param>
    /// <param name="videos">Those of them that are videos.</param>
    public void Apply(long nowTicks, IReadOnlyList<LinkedTrack> tracks, IReadOnlyList<LinkedTrack> videos)
    {
        if (nowTicks < _nextTicks)
        {
            return;
        }

        _nextTicks = nowTicks + IntervalTicks;
        var left = KilobitsPerSecond * 1000L / 8 ?? long.MaxValue;
        var size = 0;
        foreach (var track in KilobitsPerSecond is null ? [] : tracks)
        {
            left -= track.IsVideo ? 0 : DemandedRate(track, nowTicks);
        }

        foreach (var track in videos)
        {
            size = Math.Max(size, track.LayerCount);
        }

        for (var layer = 0; layer < size; layer++)
        {
            foreach (var isScreen in (ReadOnlySpan<bool>)[true, false])
            {
                foreach (var track in videos)
                {
                    if ((track.Published.Track.Source == TrackSource.Screen) == isScreen && track.LayerCount > layer)
                    {
                        left -= Decide(nowTicks, track, layer, left);
                    }
                }
            }
        }
    }

    /// <summary>Decides about one layer, and returns the rate that it takes. One that is not demanded takes nothing, and may be demanded while it would fit.</summary>
    private static long Decide(long nowTicks, LinkedTrack track, int layer, long left)
    {
        var rate = track.RateOf(layer, nowTicks);
        var isAllowed = rate == 0 || rate <= (track.IsAllowed(layer) ? left : left * ReturnPart);
        track.Allow(layer, isAllowed);
        return isAllowed && track.IsDemanded(layer) ? rate : 0;
    }

    private static long DemandedRate(LinkedTrack track, long nowTicks) => track.IsDemanded(0) ? track.RateOf(0, nowTicks) : 0;
}
