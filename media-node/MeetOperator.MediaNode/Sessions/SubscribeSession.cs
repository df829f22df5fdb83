using System.Security.Cryptography;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// The peer connection on which a participant receives. The node offers. At most one offer is unanswered at a time; changes in the meantime go into the next
/// one.
/// </summary>
internal sealed class SubscribeSession : IRoomSession
{
    private readonly SessionContext _context;
    private readonly Subscriber _subscriber;
    private readonly SubscriptionSlots _slots;
    private readonly long _sessionNumber;
    private IReadOnlyList<OfferedSection> _offered = [];
    private int _answeredRevision;
    private bool _isFull;

    public SubscribeSession(SessionContext context)
    {
        _context = context;
        _sessionNumber = SessionContext.NextSessionNumber();
        _slots = new SubscriptionSlots(context.Ssrcs.Next);
        Peer = context.Factory.Open(this, context.Limits.Ingress);
        _subscriber = new Subscriber(Peer, context.Limits.Retransmissions);
        ApplyViews();
        Current = Write();
        MarkAnsweredWhenEmpty();
    }

    public PeerSession Peer { get; }

    public string Kind => "subscribe";

    public int DownTracks => _subscriber.StartedTracks;

    /// <summary>The newest offer.</summary>
    public SubscribeOffer Current { get; private set; }

    /// <summary>Number of tracks without a section.</summary>
    public int UnplacedTracks => _slots.UnplacedTracks;

    /// <summary>Whether the session can carry no more new tracks and must be replaced.</summary>
    public bool IsExhausted => _slots.IsExhausted && _slots.UnplacedTracks > 0;

    private bool IsOutstanding => Current.Revision > _answeredRevision;

    /// <summary>Creates the next offer when the tracks changed and no offer is unanswered. Returns true when <see cref="Current"/> is new.</summary>
    public bool TryOffer(IReadOnlyList<PublishedTrack> wanted)
    {
        if (IsOutstanding)
        {
            return false;
        }

        var freed = new List<SubscriptionSlot>();
        var changed = _slots.Reconcile(wanted, freed);
        foreach (var slot in _slots.All)
        {
            // A slot that was reassigned at once must also release the previous track.
            if (slot.Down is { } down && (slot.Track is null || down.Options.Ssrc != slot.Ssrcs.Primary))
            {
                _subscriber.Remove(down);
                slot.Down = null;
            }
        }

        if (!changed)
        {
            return false;
        }

        Current = Write();
        MarkAnsweredWhenEmpty();
        return true;
    }

    /// <summary>Records whether all sections are in use. Returns true when that has just become the case.</summary>
    public bool TryMarkFull()
    {
        var before = _isFull;
        _isFull = UnplacedTracks > 0;
        return _isFull && !before;
    }

    /// <summary>The sources of the tracks that are paused because the client's line cannot take them.</summary>
    public IReadOnlyList<UpTrack> PausedSources => _subscriber.PausedSources;

    /// <summary>Prefers the camera of the participant who speaks.</summary>
    public void SetSpeaker(string? participantId) => _subscriber.SetSpeaker(participantId);

    /// <summary>Applies what the participant shows to its tracks.</summary>
    public void ApplyViews() => _subscriber.SetViews(_context.Views.Of);

    public void Answer(SubscribeAnswer answer, SessionDescription description)
    {
        if (answer.Revision != Current.Revision)
        {
            throw new ControlProblemException(
                System.Net.HttpStatusCode.Conflict, "stale-revision", $"Revision {answer.Revision} is not the newest offer. Answer revision {Current.Revision} instead.");
        }

        if (!SubscribeAnswerReader.TryRead(_offered, description, out var sections, out var error))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
        }

        if (sections.Count > 0)
        {
            SdpReading.ReadRemote(description, isAnswer: true).ApplyTo(Peer.Transport);
        }

        _answeredRevision = Current.Revision;
        for (var i = 0; i < sections.Count; i++)
        {
            Apply(_slots.All[i], sections[i]);
        }
    }

    /// <summary>False: subscribers do not publish on this connection.</summary>
    public bool OnRtp(PeerSession session, long nowTicks, Span<byte> packet) => false;

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => _subscriber.OnRtcp(nowTicks, packet);

    public void OnStateChanged(PeerSession session, PeerTransportState state)
    {
        if (session.IsReady)
        {
            _subscriber.OnReady();
        }

        _context.Observer.OnStateChanged(this, state);
    }

    public long HandleTimeout(long nowTicks)
    {
        var next = _subscriber.HandleTimeout(nowTicks);
        if (_subscriber.TryTakePausedChange())
        {
            _context.Observer.OnPausedChanged(this);
        }

        return next;
    }

    public void OnFailure(PeerSession session) => _context.Observer.OnFailure(this);

    /// <summary>Never: a participant without any connected session times out as a whole.</summary>
    public bool HasTimedOut(long nowTicks) => false;

    public ParticipantReport AddTo(ParticipantReport report) => report with { Subscribing = report.Subscribing || Peer.IsReady, SubscribeSession = Peer.Id };

    public void Close() => _subscriber.Close();

    private void Apply(SubscriptionSlot slot, NegotiatedSection section)
    {
        if (!section.IsActive || section.Codec is not { } codec || slot.Track is not { } track)
        {
            // The track is kept because a receiver that accepts the section again with the same SSRC continues the sequence numbers.
            slot.Down?.Stop();
            return;
        }

        var options = new DownTrackOptions
        {
            Ssrc = slot.Ssrcs.Primary,
            PayloadType = (byte)codec.PayloadType,
            RtxSsrc = codec.RtxPayloadType is null ? null : slot.Ssrcs.Retransmission,
            RtxPayloadType = (byte?)codec.RtxPayloadType,
            RedPayloadType = (byte?)codec.RedPayloadType,
            Nack = codec.Feedback.Contains("nack"),
            Extensions = ExtensionMaps.ForSubscriber(section.Kind, section.Extensions),
            FirstSequenceNumber = slot.Down?.Options.FirstSequenceNumber ?? (ushort)RandomNumberGenerator.GetInt32(1, 30_000),
            Cname = track.Track.ParticipantId,
        };
        if (slot.Down is { } existing)
        {
            existing.Renegotiate(options);
            existing.Start(track.Track);
        }
        else if (!track.Track.IsClosed)
        {
            slot.Down = _subscriber.Add(track.Track, options);
        }
    }

    private SubscribeOffer Write()
    {
        var revision = (Current?.Revision ?? 0) + 1;
        _offered = [.. _slots.All.Select(s => s.ToOffer())];
        return new SubscribeOffer
        {
            SessionId = Peer.Id,
            Revision = revision,
            Sdp = SubscribeOfferWriter.Write(_offered, _context.Factory.Describe(Peer), _sessionNumber, revision).ToString(),
            Tracks = [.. _slots.All.Where(s => s.Track is not null).Select(s => new TrackDescription
            {
                Mid = s.Mid,
                ParticipantId = s.Track!.Track.ParticipantId,
                Kind = s.Kind,
                Source = s.Track.Source,
            })],
        };
    }

    /// <summary>Marks an offer without sections as answered, because clients do not have to answer it.</summary>
    private void MarkAnsweredWhenEmpty()
    {
        if (_offered.Count == 0)
        {
            _answeredRevision = Current.Revision;
        }
    }
}
