using MeetOperator.MediaNode.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Decides which tracks of a participant continue after a negotiation. Pure.</summary>
internal static class TrackContinuation
{
    /// <summary>Whether a section can keep its track. Otherwise a new track replaces it.</summary>
    public static bool CanKeep(PublishedTrack? track, PreparedTrack negotiated) =>
        track is not null && track.Track.Source == negotiated.Source && track.Codec.Is(negotiated.Codec.Name) && track.HasLayersOf(negotiated.Options);

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
                    && left.Find(t => t.CanContinue(negotiated.Source, negotiated.Codec, negotiated.Options) && (!sameMid || t.Track.Options.Mid == section.Mid)) is { } track)
                {
                    left.Remove(track);
                    matches.Add((section, track));
                }
            }
        }

        return matches;
    }
}
