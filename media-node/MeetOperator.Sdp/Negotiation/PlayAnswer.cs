using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>The media node's answer to an offer for playback (WHEP).</summary>
public sealed class PlayAnswer
{
    private static readonly string[] ForwardedExtensions =
        [HeaderExtensionUris.AudioLevel, HeaderExtensionUris.VideoOrientation, HeaderExtensionUris.PlayoutDelay, HeaderExtensionUris.DependencyDescriptor,
            HeaderExtensionUris.TransportSequenceNumber];

    private static readonly string[] SupportedFeedback = ["nack", "nack pli", "ccm fir", "transport-cc", "goog-remb"];

    private PlayAnswer(SessionDescription description, IReadOnlyList<NegotiatedSection> sections, IReadOnlyList<int> trackIndexes)
    {
        Description = description;
        Sections = sections;
        TrackIndexes = trackIndexes;
    }

    public SessionDescription Description { get; }

    /// <summary>One entry for each section of the offer, in the same order.</summary>
    public IReadOnlyList<NegotiatedSection> Sections { get; }

    /// <summary>For each section, the index of its track, or -1 when it has none.</summary>
    public IReadOnlyList<int> TrackIndexes { get; }

    /// <summary>Assigns to each receiving section the next track of its kind that the player can decode.</summary>
    public static bool TryBuild(
        SessionDescription offer, IReadOnlyList<PlayableTrack> tracks, LocalTransport local, long sessionId,
        [NotNullWhen(true)] out PlayAnswer? answer, [NotNullWhen(false)] out SdpError? error)
    {
        answer = null;
        error = ClientOffer.Validate(offer);
        if (error is not null)
        {
            return false;
        }

        var written = new List<MediaSection>(offer.Sections.Count);
        var negotiated = new List<NegotiatedSection>(offer.Sections.Count);
        var trackIndexes = new List<int>(offer.Sections.Count);
        var assigned = new HashSet<int>();
        var allowsMixed = ClientOffer.AllowsMixedExtensions(offer);
        foreach (var section in offer.Sections)
        {
            var track = ClientOffer.IsUsable(section) && section.Direction.Receives() ? FindNextTrack(tracks, assigned, section) : -1;
            var codec = track >= 0 ? CodecSelection.Match(tracks[track].Codec, section.Codecs)
                : ClientOffer.IsUsable(section) ? CodecSelection.Choose(section.Kind, section.Codecs, []) : null;
            trackIndexes.Add(track);
            assigned.Add(track);
            if (codec is null)
            {
                written.Add(SectionWriter.CreateRejected(section));
                negotiated.Add(new NegotiatedSection { Mid = section.Mid ?? "", Kind = section.Kind, IsActive = false });
                continue;
            }

            codec = codec with { Feedback = [.. codec.Feedback.Where(SupportedFeedback.Contains)] };
            var extensions = section.Extensions.Where(e => ForwardedExtensions.Contains(e.Uri)).DistinctBy(e => e.Uri).Select(e => e.ToAnswer()).ToList();
            var writer = new SectionWriter(section.Mid!, track >= 0 ? MediaDirection.SendOnly : MediaDirection.Inactive);
            writer.AddTransport(local, "passive", withCandidates: written.TrueForAll(s => s.Port == 0), reducedSize: section.Has("rtcp-rsize"));
            if (section.AllowsReferenceTime(offer))
            {
                writer.AddReferenceTime();
            }

            writer.AddCodec(track >= 0 ? OpusStereo.SetAnnouncement(codec, tracks[track].Codec) : codec);
            writer.AddExtensions(extensions, allowsMixed || ClientOffer.AllowsMixedExtensions(section));
            if (track >= 0)
            {
                var source = tracks[track].Track;
                writer.AddSource(source.StreamId, source.TrackId, source.Cname, codec.RtxPayloadType is null ? source.Ssrcs with { Retransmission = null } : source.Ssrcs);
            }

            written.Add(writer.Finish(section.Kind, section.Protocol));
            negotiated.Add(new NegotiatedSection { Mid = section.Mid!, Kind = section.Kind, IsActive = track >= 0, Codec = codec, Extensions = extensions });
        }

        if (!negotiated.Exists(s => s.Codec is not null))
        {
            error = new SdpError(0, "no section offers a supported codec. The media node supports opus, VP8, VP9, H264 and AV1.");
            return false;
        }

        answer = new PlayAnswer(SectionWriter.CreateSession(sessionId, 1, written, offer), negotiated, trackIndexes);
        return true;
    }

    private static int FindNextTrack(IReadOnlyList<PlayableTrack> tracks, HashSet<int> assigned, MediaSection section)
    {
        // The tracks of a room share few codecs, so each codec that the section does not support is matched only once.
        var unsupported = new HashSet<(string, int, int, string?)>();
        for (var i = 0; i < tracks.Count; i++)
        {
            if (tracks[i].Kind != section.Kind || assigned.Contains(i))
            {
                continue;
            }

            var codec = tracks[i].Codec;
            var key = (codec.Name, codec.ClockRate, codec.Channels, codec.Parameters);
            if (unsupported.Contains(key))
            {
                continue;
            }

            if (CodecSelection.Match(codec, section.Codecs) is not null)
            {
                return i;
            }

            unsupported.Add(key);
        }

        return -1;
    }
}
