using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp.Negotiation;

/// <summary>Reads a subscriber's answer and matches it with the offer.</summary>
public static class SubscribeAnswerReader
{
    /// <summary>
    /// On success, <paramref name="sections"/> has one entry for each offered section in the same order, with the subscriber's payload types
    /// and extension IDs.
    /// </summary>
    public static bool TryRead(
        IReadOnlyList<OfferedSection> offered, SessionDescription answer,
        [NotNullWhen(true)] out IReadOnlyList<NegotiatedSection>? sections, [NotNullWhen(false)] out SdpError? error)
    {
        sections = null;
        error = null;
        if (answer.Sections.Count != offered.Count)
        {
            error = new SdpError(0, $"the answer has {answer.Sections.Count} sections, but the offer has {offered.Count}.");
            return false;
        }

        var read = new List<NegotiatedSection>(offered.Count);
        for (var i = 0; i < offered.Count; i++)
        {
            var (ours, theirs) = (offered[i], answer.Sections[i]);
            if (theirs.Kind != ours.Kind || (theirs.Mid is { } mid && mid != ours.Mid))
            {
                error = new SdpError(0, $"section {i} of the answer is {theirs.Kind} {theirs.Mid}, but section {i} of the offer is {ours.Kind} {ours.Mid}.");
                return false;
            }

            var accepted = ours.Codecs.Select(c => theirs.Port == 0 ? null : CodecSelection.Match(c, theirs.Codecs)).ToList();
            var codec = accepted.Find(c => c is not null);
            read.Add(new NegotiatedSection
            {
                Mid = ours.Mid,
                Kind = ours.Kind,
                IsActive = codec is not null && ours.Track is not null && theirs.Direction.Receives(),
                Codec = codec,
                AcceptedCodecs = accepted,
                Extensions = theirs.Extensions,
            });
        }

        sections = read;
        return true;
    }
}
