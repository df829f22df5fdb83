using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// The SDP of one offer, written when it is first read. That takes longer than a loop may be away from its socket, so other threads read it. Its parts are immutable.
/// </summary>
internal sealed class OfferSdp
{
    private readonly Lazy<string> _text;

    public OfferSdp(IReadOnlyList<OfferedSection> sections, LocalTransport local, long sessionNumber, int revision)
    {
        Sections = sections;
        _text = new Lazy<string>(() => SubscribeOfferWriter.Write(sections, local, sessionNumber, revision).ToString());
    }

    public IReadOnlyList<OfferedSection> Sections { get; }

    /// <summary>Safe for concurrent use.</summary>
    public string Text => _text.Value;
}
