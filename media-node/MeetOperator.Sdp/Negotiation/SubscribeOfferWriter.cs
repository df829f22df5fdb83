namespace MeetOperator.Sdp.Negotiation;

/// <summary>Writes the media node's offers to subscribers.</summary>
public static class SubscribeOfferWriter
{
    /// <summary>The header extension IDs of the media node. They are the same in every offer, so that subscribers can share rewritten headers.</summary>
    public static readonly IReadOnlyList<HeaderExtension> AudioExtensions = [new(1, HeaderExtensionUris.AudioLevel), new(5, HeaderExtensionUris.TransportSequenceNumber)];

    /// <inheritdoc cref="AudioExtensions"/>
    public static readonly IReadOnlyList<HeaderExtension> VideoExtensions =
        [new(2, HeaderExtensionUris.VideoOrientation), new(3, HeaderExtensionUris.PlayoutDelay), new(4, HeaderExtensionUris.DependencyDescriptor), new(5, HeaderExtensionUris.TransportSequenceNumber)];

    public static SessionDescription Write(IReadOnlyList<OfferedSection> sections, LocalTransport local, long sessionId, int revision)
    {
        var written = new List<MediaSection>(sections.Count);
        foreach (var section in sections)
        {
            var writer = new SectionWriter(section.Mid, section.Track is null ? MediaDirection.Inactive : MediaDirection.SendOnly);
            writer.AddTransport(local, "actpass", withCandidates: written.Count == 0);
            foreach (var codec in section.Codecs)
            {
                writer.AddCodec(codec);
            }

            writer.AddExtensions(section.Kind == "audio" ? AudioExtensions : VideoExtensions);
            if (section.Track is { } track)
            {
                writer.AddSource(track.StreamId, track.TrackId, track.Cname, track.Ssrcs);
            }

            written.Add(writer.Finish(section.Kind));
        }

        return SectionWriter.CreateSession(sessionId, revision, written);
    }
}
