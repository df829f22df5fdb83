using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Decides which tracks of a participant continue after a negotiation. Pure.</summary>
internal static class TrackContinuation
{
    /// <summary>Whether a section can keep its track. Otherwise a new track replaces it.</summary>
    public static bool CanKeep(PublishedTrack? track, PreparedTrack negotiated) =>
        track is not null && track.Track.Source == negotiated.Source && track.Codec.Is(negotiated.Codec.Name) && HaveSameLayers(track.Track.Options, negotiated.Options);

    /// <summary>Finds the track of another connection that each section continues. If several tracks have the same source, sections first continue those with the same MID.</summary>
    public static List<(PreparedSection Section, PublishedTrack Track)> Match(IReadOnlyList<PreparedSection> sections, IEnumerable<PublishedTrack> tracks)
    {
        var left = tracks.ToList();
        var matches = new List<(PreparedSection Section, PublishedTrack Track)>();
        foreach (var sameMid in new[] { true, false })
        {
            foreach (var section in sections)
            {
                if (section.Track is { } negotiated && !matches.Exists(m => m.Section == section)
                    && left.Find(t => CanContinue(t, negotiated) && (!sameMid || t.Track.Options.Mid == section.Mid)) is { } track)
                {
                    left.Remove(track);
                    matches.Add((section, track));
                }
            }
        }

        return matches;
    }

    /// <summary>Whether a track can continue on another connection without a new offer to subscribers.</summary>
    private static bool CanContinue(PublishedTrack track, PreparedTrack negotiated) =>
        track.Track.Source == negotiated.Source && PayloadTypeAllocator.HaveSameOffer(track.Codec, negotiated.Codec) && HaveSameLayers(track.Track.Options, negotiated.Options);

    private static bool HaveSameLayers(UpTrackOptions left, UpTrackOptions right) => left.Layers.Select(l => l.Rid).SequenceEqual(right.Layers.Select(l => l.Rid));
}
