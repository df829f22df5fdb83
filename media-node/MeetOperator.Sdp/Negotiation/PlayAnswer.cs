using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>The node's answer to an offer that receives (WHEP).</summary>
public sealed class PlayAnswer
{
    private static readonly string[] Carried =
        [HeaderExtensionUris.AudioLevel, HeaderExtensionUris.VideoOrientation, HeaderExtensionUris.PlayoutDelay, HeaderExtensionUris.DependencyDescriptor];

    private PlayAnswer(SessionDescription description, IReadOnlyList<NegotiatedSection> sections, IReadOnlyList<int> trackIndexes)
    {
        Description = description;
        Sections = sections;
        TrackIndexes = trackIndexes;
    }

    public SessionDescription Description { get; }

    /// <summary>One entry a section of the offer, in its order.</summary>
    public IReadOnlyList<NegotiatedSection> Sections { get; }

    /// <summary>For each section the index of the track that it got, or -1.</summary>
    public IReadOnlyList<int> TrackIndexes { get; }

    /// <summary>Gives each receiving section the next track of its kind that the player can decode.</summary>
    public static bool TryBuild(
        SessionDescription offer, IReadOnlyList<PlayableTrack> tracks, LocalTransport local, long sessionId,
        [NotNullWhen(true)] out PlayAnswer? answer, [NotNullWhen(false)] out SdpError? error)
    {
        answer = null;
        error = ClientOffer.Problem(offer);
        if (error is not null)
        {
            return false;
        }

        var written = new List<MediaSection>(offer.Sections.Count);
        var negotiated = new List<NegotiatedSection>(offer.Sections.Count);
        var given = new List<int>(offer.Sections.Count);
        var taken = new HashSet<int>();
        var allowsMixed = ClientOffer.AllowsMixedExtensions(offer);
        foreach (var section in offer.Sections)
        {
            var track = ClientOffer.IsUsable(section) && section.Direction.Receives() ? Next(tracks, taken, section) : -1;
            var codec = track >= 0 ? CodecSelection.Match(tracks[track].Codec, section.Codecs)
                : ClientOffer.IsUsable(section) ? CodecSelection.Choose(section.Kind, section.Codecs, []) : null;
            given.Add(track);
            taken.Add(track);
            if (codec is null)
            {
                written.Add(SectionWriter.Rejected(section));
                negotiated.Add(new NegotiatedSection { Mid = section.Mid ?? "", Kind = section.Kind, Active = false });
                continue;
            }

            codec = codec with { Feedback = [.. codec.Feedback.Where(f => f is "nack" or "nack pli" or "ccm fir")] };
            var extensions = section.Extensions.Where(e => Carried.Contains(e.Uri)).DistinctBy(e => e.Uri).Select(e => e.Answered()).ToList();
            var writer = new SectionWriter(section.Mid!, track >= 0 ? MediaDirection.SendOnly : MediaDirection.Inactive);
            writer.Transport(local, "passive", withCandidates: written.TrueForAll(s => s.Port == 0), reducedSize: section.Has("rtcp-rsize"));
            writer.Codec(track >= 0 ? OpusStereo.Announced(codec, tracks[track].Codec) : codec);
            writer.Extensions(extensions, allowsMixed || ClientOffer.AllowsMixedExtensions(section));
            if (track >= 0)
            {
                var source = tracks[track].Track;
                writer.Source(source.StreamId, source.TrackId, source.Cname, codec.RtxPayloadType is null ? source.Ssrcs with { Retransmission = null } : source.Ssrcs);
            }

            written.Add(writer.Finish(section.Kind, section.Protocol));
            negotiated.Add(new NegotiatedSection { Mid = section.Mid!, Kind = section.Kind, Active = track >= 0, Codec = codec, Extensions = extensions });
        }

        if (!negotiated.Exists(s => s.Codec is not null))
        {
            error = new SdpError(0, "no section can be used: the node carries opus, VP8, VP9, H264 and AV1.");
            return false;
        }

        answer = new PlayAnswer(SectionWriter.Session(sessionId, 1, written, offer), negotiated, given);
        return true;
    }

    private static int Next(IReadOnlyList<PlayableTrack> tracks, HashSet<int> taken, MediaSection section)
    {
        // The tracks of a room have few codecs between them: what the section cannot take is looked for once.
        var refused = new HashSet<(string, int, int, string?)>();
        for (var i = 0; i < tracks.Count; i++)
        {
            if (tracks[i].Kind != section.Kind || taken.Contains(i))
            {
                continue;
            }

            var codec = tracks[i].Codec;
            var key = (codec.Name, codec.ClockRate, codec.Channels, codec.Parameters);
            if (refused.Contains(key))
            {
                continue;
            }

            if (CodecSelection.Match(codec, section.Codecs) is not null)
            {
                return i;
            }

            refused.Add(key);
        }

        return -1;
    }
}
