using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>The node's answer to an offer that publishes.</summary>
public sealed class PublishAnswer
{
    private static readonly string[] Carried =
    [
        HeaderExtensionUris.Mid, HeaderExtensionUris.RtpStreamId, HeaderExtensionUris.RepairedRtpStreamId, HeaderExtensionUris.AbsSendTime, HeaderExtensionUris.TransportSequenceNumber, HeaderExtensionUris.AudioLevel,
        HeaderExtensionUris.VideoOrientation, HeaderExtensionUris.PlayoutDelay, HeaderExtensionUris.DependencyDescriptor,
    ];

    private PublishAnswer(SessionDescription description, IReadOnlyList<NegotiatedSection> sections)
    {
        Description = description;
        Sections = sections;
    }

    public SessionDescription Description { get; }

    /// <summary>One entry a section of the offer, in its order.</summary>
    public IReadOnlyList<NegotiatedSection> Sections { get; }

    /// <param name="offer">The client's offer.</param>
    /// <param name="codecPreference">Codec names, best first; empty keeps the client's order.</param>
    /// <param name="local">The node's transport.</param>
    /// <param name="sessionId">Number of the session in <c>o=</c>.</param>
    /// <param name="version">Grows with every answer of the session.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="error">What the client has to change.</param>
    public static bool TryBuild(
        SessionDescription offer, IReadOnlyList<string> codecPreference, LocalTransport local, long sessionId, int version,
        [NotNullWhen(true)] out PublishAnswer? answer, [NotNullWhen(false)] out SdpError? error)
    {
        answer = null;
        error = ClientOffer.Problem(offer);
        if (error is not null)
        {
            return false;
        }

        var written = new List<MediaSection>(offer.Sections.Count);
        var negotiated = new List<NegotiatedSection>(offer.Sections.Count);
        MediaSection? unusable = null;
        var allowsMixed = ClientOffer.AllowsMixedExtensions(offer);
        foreach (var section in offer.Sections)
        {
            var codec = ClientOffer.IsUsable(section) ? CodecSelection.Choose(section.Kind, section.Codecs, codecPreference) : null;
            if (codec is null)
            {
                unusable ??= ClientOffer.IsUsable(section) && section.Direction.Sends() ? section : null;
                written.Add(SectionWriter.Rejected(section));
                negotiated.Add(new NegotiatedSection { Mid = section.Mid ?? "", Kind = section.Kind, Active = false });
                continue;
            }

            var active = section.Direction.Sends();
            var extensions = section.Extensions.Where(e => Carried.Contains(e.Uri)).DistinctBy(e => e.Uri).Select(e => e.Answered()).ToList();
            var writer = new SectionWriter(section.Mid!, active ? MediaDirection.RecvOnly : MediaDirection.Inactive);
            writer.Transport(local, "passive", withCandidates: written.TrueForAll(s => s.Port == 0), reducedSize: section.Has("rtcp-rsize"));
            writer.Codec(OpusStereo.Wanted(codec));
            writer.Extensions(extensions, allowsMixed || ClientOffer.AllowsMixedExtensions(section));
            if (active && section.LastSentLayer is { } layer)
            {
                // One layer for now: the largest. Without these lines the client would send only the first, the smallest.
                writer.Add("rid", $"{layer} recv");
                writer.Add("simulcast", $"recv {layer}");
            }

            written.Add(writer.Finish(section.Kind, section.Protocol));
            negotiated.Add(new NegotiatedSection
            {
                Mid = section.Mid!,
                Kind = section.Kind,
                Active = active,
                Codec = codec,
                Extensions = extensions,
                Ssrcs = section.Ssrcs,
            });
        }

        if (unusable is not null && !negotiated.Exists(s => s.Active))
        {
            error = new SdpError(0, $"section {unusable.Mid} offers no codec that the node carries (opus; VP8, VP9, H264, AV1).");
            return false;
        }

        answer = new PublishAnswer(SectionWriter.Session(sessionId, version, written, offer), negotiated);
        return true;
    }
}
