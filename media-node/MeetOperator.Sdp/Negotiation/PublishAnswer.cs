using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>The media node's answer to an offer for publishing.</summary>
public sealed class PublishAnswer
{
    private static readonly string[] SupportedExtensions =
    [
        HeaderExtensionUris.Mid, HeaderExtensionUris.RtpStreamId, HeaderExtensionUris.RepairedRtpStreamId, HeaderExtensionUris.AbsSendTime, HeaderExtensionUris.TransportSequenceNumber, HeaderExtensionUris.AudioLevel,
        HeaderExtensionUris.VideoOrientation, HeaderExtensionUris.PlayoutDelay, HeaderExtensionUris.DependencyDescriptor, HeaderExtensionUris.VideoLayersAllocation,
    ];

    private PublishAnswer(SessionDescription description, IReadOnlyList<NegotiatedSection> sections)
    {
        Description = description;
        Sections = sections;
    }

    public SessionDescription Description { get; }

    /// <summary>One entry for each section of the offer, in the same order.</summary>
    public IReadOnlyList<NegotiatedSection> Sections { get; }

    /// <param name="offer">The client's offer.</param>
    /// <param name="codecPreference">Codec names in order of preference; an empty list keeps the client's order.</param>
    /// <param name="local">The media node's side of the transport.</param>
    /// <param name="sessionId">Session ID for the <c>o=</c> line.</param>
    /// <param name="version">Session version for the <c>o=</c> line; increases with every answer of the session.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="error">The change that the client must make to the offer.</param>
    /// <param name="acceptsRed">Whether redundant audio may be sent.</param>
    /// <remarks>Of Opus, the answer repeats the client's parameters, with them <c>usedtx</c> (RFC 7587 §6.1): a client that offers it is asked to leave out silence.</remarks>
    public static bool TryBuild(
        SessionDescription offer, IReadOnlyList<string> codecPreference, LocalTransport local, long sessionId, int version,
        [NotNullWhen(true)] out PublishAnswer? answer, [NotNullWhen(false)] out SdpError? error, bool acceptsRed = true)
    {
        answer = null;
        error = ClientOffer.Validate(offer);
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
                written.Add(SectionWriter.CreateRejected(section));
                negotiated.Add(new NegotiatedSection { Mid = section.Mid ?? "", Kind = section.Kind, IsActive = false });
                continue;
            }

            codec = acceptsRed ? codec : codec with { RedPayloadType = null };
            var active = section.Direction.Sends();
            var extensions = section.Extensions.Where(e => SupportedExtensions.Contains(e.Uri)).DistinctBy(e => e.Uri).Select(e => e.ToAnswer()).ToList();
            var writer = new SectionWriter(section.Mid!, active ? MediaDirection.RecvOnly : MediaDirection.Inactive);
            writer.AddTransport(local, "passive", withCandidates: written.TrueForAll(s => s.Port == 0), reducedSize: section.Has("rtcp-rsize"));
            var allowsReferenceTime = section.AllowsReferenceTime(offer);
            if (allowsReferenceTime)
            {
                writer.AddReferenceTime();
            }

            writer.AddCodec(OpusStereo.AddRequest(codec));
            writer.AddExtensions(extensions, allowsMixed || ClientOffer.AllowsMixedExtensions(section));
            IReadOnlyList<string> layers = active && section.Kind == "video" ? [.. section.SentLayers.Take(SdpLimits.MaxLayers)] : [];
            foreach (var layer in layers)
            {
                writer.Add("rid", $"{layer} recv");
            }

            if (layers.Count > 0)
            {
                writer.Add("simulcast", $"recv {string.Join(';', layers)}");
            }

            written.Add(writer.Finish(section.Kind, section.Protocol));
            negotiated.Add(new NegotiatedSection
            {
                Mid = section.Mid!,
                Kind = section.Kind,
                IsActive = active,
                Codec = codec,
                AllowsReferenceTime = allowsReferenceTime,
                Extensions = extensions,
                Ssrcs = section.Ssrcs,
                Layers = layers,
            });
        }

        if (unusable is not null && !negotiated.Exists(s => s.IsActive))
        {
            error = new SdpError(0, $"section {unusable.Mid} offers no supported codec. The media node supports opus, VP8, VP9, H264 and AV1.");
            return false;
        }

        answer = new PublishAnswer(SectionWriter.CreateSession(sessionId, version, written, offer), negotiated);
        return true;
    }
}
