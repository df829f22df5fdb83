using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>Reads a subscriber's answer against the offer that it answers.</summary>
public static class SubscribeAnswerReader
{
    /// <summary>On success one entry an offered section, in its order; payload types and extension ids are those that the subscriber wants to see.</summary>
    public static bool TryRead(
        IReadOnlyList<OfferedSection> offered, SessionDescription answer,
        [NotNullWhen(true)] out IReadOnlyList<NegotiatedSection>? sections, [NotNullWhen(false)] out SdpError? error)
    {
        sections = null;
        error = null;
        if (answer.Sections.Count != offered.Count)
        {
            error = new SdpError(0, $"the answer has {answer.Sections.Count} sections, the offer has {offered.Count}.");
            return false;
        }

        var read = new List<NegotiatedSection>(offered.Count);
        for (var i = 0; i < offered.Count; i++)
        {
            var (ours, theirs) = (offered[i], answer.Sections[i]);
            if (theirs.Kind != ours.Kind || (theirs.Mid is { } mid && mid != ours.Mid))
            {
                error = new SdpError(0, $"section {i} answers {theirs.Kind} {theirs.Mid}, the offer has {ours.Kind} {ours.Mid} there.");
                return false;
            }

            var codec = theirs.Port == 0 ? null : CodecSelection.Match(ours.Codec, theirs.Codecs);
            read.Add(new NegotiatedSection
            {
                Mid = ours.Mid,
                Kind = ours.Kind,
                Active = codec is not null && ours.Track is not null && theirs.Direction.Receives(),
                Codec = codec,
                Extensions = theirs.Extensions,
            });
        }

        sections = read;
        return true;
    }
}
