namespace MeetOperator.Sdp.Negotiation;

/// <summary>Writes the node's offers to subscribers.</summary>
public static class SubscribeOfferWriter
{
    /// <summary>The node's own extension ids, the same in every offer, so that rewritten headers can be shared between subscribers.</summary>
    public static readonly IReadOnlyList<HeaderExtension> AudioExtensions = [new(1, HeaderExtensionUris.AudioLevel)];

    /// <inheritdoc cref="AudioExtensions"/>
    public static readonly IReadOnlyList<HeaderExtension> VideoExtensions =
        [new(2, HeaderExtensionUris.VideoOrientation), new(3, HeaderExtensionUris.PlayoutDelay), new(4, HeaderExtensionUris.DependencyDescriptor)];

    public static SessionDescription Write(IReadOnlyList<OfferedSection> sections, LocalTransport local, long sessionId, int revision)
    {
        var written = new List<MediaSection>(sections.Count);
        foreach (var section in sections)
        {
            var writer = new SectionWriter(section.Mid, section.Track is null ? MediaDirection.Inactive : MediaDirection.SendOnly);
            writer.Transport(local, "actpass", withCandidates: written.Count == 0);
            writer.Codec(section.Codec);
            writer.Extensions(section.Kind == "audio" ? AudioExtensions : VideoExtensions);
            if (section.Track is { } track)
            {
                writer.Source(track.StreamId, track.TrackId, track.Cname, track.Ssrcs);
            }

            written.Add(writer.Finish(section.Kind));
        }

        return SectionWriter.Session(sessionId, revision, written);
    }
}
