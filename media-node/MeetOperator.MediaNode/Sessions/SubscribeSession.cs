using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
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
    /// <summary>How long a replaced session goes on. Clients close it as soon as media arrives on the new one.</summary>
    private const long OverlapTicks = 10 * TimeSpan.TicksPerSecond;
    private readonly SessionContext _context;
    private readonly Subscriber _subscriber;
    private readonly ISubscription _subscription;
    private readonly long _sessionNumber;
    private OfferDraft _draft;
    private int _answeredRevision;
    private bool _isFull;
    private long? _replacedTicks;

    /// <summary>Creates a session that receives nothing before <see cref="Open"/>. The only member that is not for the thread of the loop: it takes long, and does not need the room.</summary>
    /// <param name="context">What all sessions of the participant share.</param>
    /// <param name="transport">The transport, which the caller still owns.</param>
    /// <param name="slots">The numbers of slots, or null for one section a track.</param>
    public SubscribeSession(SessionContext context, UnusedTransport transport, SlotLimits? slots)
    {
        _context = context;
        _sessionNumber = SessionContext.NextSessionNumber();
        Peer = context.Factory.Create(this, context.Limits.Ingress, context.Paths, transport);
        _subscriber = new Subscriber(Peer, context.Limits.Retransmissions, context.LongKeyFrames);
        _subscription = slots is { } limits
            ? new SlotSubscription(context.ParticipantId, _subscriber, context.Ssrcs.Next, limits)
            : new TrackSubscription(_subscriber, context.Ssrcs.Next);
        _draft = Draft(revision: slots is null ? 1 : 0); // the first offer with slots follows when they are reconciled
        MarkAnsweredWhenEmpty();
    }

    public PeerSession Peer { get; }

    public string Kind => "subscribe";

    /// <summary>What is sent to the client.</summary>
    public Subscriber Subscriber => _subscriber;

    public int DownTracks => _subscriber.StartedTracks;

    /// <summary>The slots of the session; null when every track has a section.</summary>
    public SlotSubscription? Slots => _subscription as SlotSubscription;

    /// <summary>The newest offer. Of a session with slots, it tells what they carry now.</summary>
    public OfferDraft Current => Slots is { } slots ? _draft with { Tracks = slots.Tracks, SlotsVersion = slots.Version } : _draft;

    /// <summary>Number of tracks without a section.</summary>
    public int UnplacedTracks => (_subscription as TrackSubscription)?.UnplacedTracks ?? 0;

    /// <summary>Whether the session can carry no more new tracks and must be replaced.</summary>
    public bool IsExhausted => _subscription is TrackSubscription { IsExhausted: true };

    /// <summary>Whether the newest offer is unanswered.</summary>
    public bool IsOutstanding => _draft.Revision > _answeredRevision;

    /// <summary>Whether the session waits for its turn to reconcile its slots.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether a codec was added while an offer was unanswered.</summary>
    private bool IsOfferDue { get; set; }

    /// <summary>Takes the transport and begins to receive.</summary>
    public void Open(UnusedTransport transport) => _context.Factory.Open(Peer, transport);

    /// <summary>Creates the next offer when the tracks changed and no offer is unanswered. Returns true when <see cref="Current"/> is new.</summary>
    public bool TryOffer(IReadOnlyList<PublishedTrack> wanted)
    {
        if (IsOutstanding || _subscription is not TrackSubscription tracks || !tracks.Reconcile(wanted))
        {
            return false;
        }

        Offer();
        return true;
    }

    /// <summary>Moves the slots to what is wanted now.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="streams">What is published.</param>
    /// <param name="heard">Who is heard.</param>
    /// <param name="hasNewOffer">Whether <see cref="Current"/> has other sections. It also tells what the slots carry.</param>
    /// <returns>True when the slots carry other tracks.</returns>
    public bool ReconcileSlots(long nowTicks, RoomStreams streams, HeardParticipants heard, out bool hasNewOffer)
    {
        hasNewOffer = false;
        if (Slots is not { } slots)
        {
            return false;
        }

        var changed = slots.Reconcile(nowTicks, _context.Views, streams, heard, canOffer: !IsOutstanding, out var needsOffer);
        IsOfferDue |= needsOffer;
        hasNewOffer = IsOfferDue && !IsOutstanding;
        if (hasNewOffer)
        {
            IsOfferDue = false;
            Offer();
        }

        return changed;
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
    public void ApplyViews()
    {
        // The slots follow when they are reconciled.
        if (Slots is null)
        {
            _subscriber.SetViews(_context.Views.Of);
        }
    }

    /// <summary>The offer of a revision. Throws when it is not the newest one.</summary>
    public OfferDraft Require(int revision) => revision == _draft.Revision
        ? _draft
        : throw new ControlProblemException(
            System.Net.HttpStatusCode.Conflict, "stale-revision", $"Revision {revision} is not the newest offer. Answer revision {_draft.Revision} instead.");

    /// <summary>Applies the answer to the newest offer.</summary>
    public void Answer(PreparedReading answer)
    {
        answer.Remote?.ApplyTo(Peer);
        _answeredRevision = _draft.Revision;
        _subscription.Apply(answer.Sections);
    }

    /// <summary>Unknown: subscribers do not publish on this connection.</summary>
    public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet) => ReceivedMedia.Unknown;

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => _subscriber.OnRtcp(nowTicks, packet, session.ArrivalTicks);

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

    public bool IsReplaced => _replacedTicks is not null;

    /// <summary>Whether the session was replaced long ago. Others have no limit: a participant without any connected session times out as a whole.</summary>
    public bool HasTimedOut(long nowTicks) => nowTicks - _replacedTicks > OverlapTicks;

    /// <summary>Keeps forwarding what the session has now, until the client closes it or its time is over. Nothing is added any more.</summary>
    public void MarkReplaced(long nowTicks) => _replacedTicks = nowTicks;

    public ParticipantReport AddTo(ParticipantReport report) => report with { Subscribing = report.Subscribing || Peer.IsReady, SubscribeSession = Peer.Id };

    public void Close() => _subscriber.Close();

    private void Offer()
    {
        _draft = Draft(_draft.Revision + 1);
        MarkAnsweredWhenEmpty();
    }

    private OfferDraft Draft(int revision) => new()
    {
        SessionId = Peer.Id,
        Revision = revision,
        Sdp = new OfferSdp(_subscription.Sections, _context.Factory.Describe(Peer, _context.Paths.AllowsTcp), _sessionNumber, revision),
        Tracks = _subscription.Tracks,
    };

    /// <summary>Marks an offer without sections as answered, because clients do not have to answer it.</summary>
    private void MarkAnsweredWhenEmpty()
    {
        if (_draft.Sdp.Sections.Count == 0)
        {
            _answeredRevision = _draft.Revision;
        }
    }
}
