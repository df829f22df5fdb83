using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>One media section of a slot. MID, SSRCs and numbering stay the same while its track changes.</summary>
internal sealed class SlotSection(string mid, string kind, string slot, SsrcPair ssrcs, ushort firstSequenceNumber)
{
    /// <summary>The same for all slots: their sender reports are in one clock, the media node's.</summary>
    private const string Cname = "slots";
    private NegotiatedSection? _negotiated;
    private DownTrack? _down;

    /// <summary>The index in the offer of the codec of <see cref="Track"/>.</summary>
    private int _codec;

    public string Mid { get; } = mid;

    public string Kind { get; } = kind;

    /// <summary>The track that the section carries, or null.</summary>
    public PublishedTrack? Track { get; private set; }

    public OfferedSection ToOffer(IReadOnlyList<RtpCodec> codecs) => new()
    {
        Mid = Mid,
        Kind = Kind,
        Codecs = codecs,
        Track = new OfferedTrack { StreamId = slot, TrackId = $"{slot}-{Kind}", Cname = Cname, Ssrcs = ssrcs },
    };

    /// <summary>Whether the client can receive a codec here, as far as known.</summary>
    /// <param name="codec">The index of the codec in the offer.</param>
    public bool Accepts(int codec) => codec >= 0 && (_negotiated is not { } section || (section.IsActive && AcceptedCodec(codec) is not null));

    public void Apply(NegotiatedSection section, Subscriber subscriber)
    {
        _negotiated = section;
        if (section.IsActive && _down is null && section.Codec is { } first)
        {
            // The track that the section was offered with starts when the slots are reconciled after the answer.
            _down = subscriber.Add(OptionsFor(first, section));
            Track = null;
        }
        else if (Track is not null && section.IsActive && AcceptedCodec(_codec) is { } codec)
        {
            _down?.Renegotiate(OptionsFor(codec, section));
        }
        else
        {
            Release();
        }
    }

    /// <summary>Carries another track, or none. A section without an answer remembers it for the answer.</summary>
    /// <param name="track">The track, or null.</param>
    /// <param name="codec">The index of its codec in the offer.</param>
    /// <param name="subscriber">The owner of the down tracks.</param>
    public void Carry(PublishedTrack? track, int codec, Subscriber subscriber)
    {
        if (track is not null && !Accepts(codec))
        {
            track = null;
        }

        if (_down is null || _negotiated is not { } section)
        {
            Track = track;
            return;
        }

        if (ReferenceEquals(Track?.Track, track?.Track))
        {
            return;
        }

        Release();
        (Track, _codec) = (track, codec);
        if (track is not null)
        {
            subscriber.Start(_down, track.Track, OptionsFor(AcceptedCodec(codec)!, section));
        }
    }

    private void Release()
    {
        _down?.Stop();
        Track = null;
    }

    private RtpCodec? AcceptedCodec(int codec) => _negotiated is { } section && codec < section.AcceptedCodecs.Count ? section.AcceptedCodecs[codec] : null;

    private DownTrackOptions OptionsFor(RtpCodec codec, NegotiatedSection section) =>
        ForwardedTrack.OptionsOf(codec, ssrcs, ExtensionMaps.ForSubscriber(section.Kind, section.Extensions), firstSequenceNumber, Cname) with { OutlivesSource = true };
}
