using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>A subscriber's answer as it was read, not applied yet. Immutable.</summary>
/// <param name="Offer">The offer that it answers.</param>
/// <param name="Sections">One entry for each section of the offer.</param>
/// <param name="Remote">The client's transport parameters; null for an offer without sections.</param>
internal sealed record PreparedReading(OfferDraft Offer, IReadOnlyList<NegotiatedSection> Sections, RemotePeer? Remote)
{
    /// <summary>Reads an answer. Not for the thread of a loop. An invalid answer throws <see cref="ControlProblemException"/>.</summary>
    public static PreparedReading Read(OfferDraft offer, SessionDescription answer) =>
        SubscribeAnswerReader.TryRead(offer.Sdp.Sections, answer, out var sections, out var error)
            ? new PreparedReading(offer, sections, sections.Count > 0 ? SdpReading.ReadRemote(answer, isAnswer: true) : null)
            : throw ControlProblemException.InvalidSdp(error.ToString());
}
