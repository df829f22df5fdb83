using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The peer connection on which a participant publishes. The client offers and the node answers.</summary>
internal sealed class PublishSession : IRoomSession, ISuccessionOwner
{
    /// <summary>Time within which a session that took over tracks must connect. Attempts that follow each other count as one.</summary>
    private const long ConnectTicks = 30 * TimeSpan.TicksPerSecond;

    private readonly SessionContext _context;
    private readonly Publisher _publisher;
    private readonly TrackSuccession _succession;
    private readonly long _sessionNumber;
    private int _version;

    /// <param name="context">What all sessions of the participant share.</param>
    /// <param name="prepared">The answer to the first offer, which <see cref="Accept"/> applies, with the transport of the session.</param>
    public PublishSession(SessionContext context, PreparedAnswer prepared)
    {
        _context = context;
        _sessionNumber = prepared.SessionNumber;
        Peer = context.Factory.Open(this, context.Limits.Ingress, context.Paths, prepared.Transport!);
        _publisher = new Publisher(Peer, context.Ssrcs.Next());
        _succession = new TrackSuccession(context.Tracks, _publisher, this, context.Limits.Retransmissions);
    }

    public PeerSession Peer { get; }

    public string Kind => "publish";

    public int DownTracks => 0;

    /// <summary>The sessions that still carry tracks which this one will take over, the newest first.</summary>
    public IEnumerable<PublishSession> Formers => _succession.Formers.Select(f => f.Owner).OfType<PublishSession>();

    bool ISuccessionOwner.IsReady => Peer.IsReady;

    /// <summary>What the answer to the next offer depends on.</summary>
    public PublishState State => new(Peer.Id, _sessionNumber, _version, Peer.Transport.LocalCredentials, Peer.Transport.RemoteCredentials);

    /// <summary>Takes the tracks that an answer adds from the limit of the participant. Throws when there are too many; nothing has changed then.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="context">The participant.</param>
    /// <param name="session">The session that continues its tracks; null for a new one.</param>
    /// <param name="prepared">The answer.</param>
    public static void TakeNewTracks(long nowTicks, SessionContext context, PublishSession? session, PreparedAnswer prepared)
    {
        var added = prepared.Sections.Count(s => s.Track is { } track && !TrackContinuation.CanKeep(session?._succession.Find(s.Mid), track));
        if (!context.Limits.NewTracks.TryTake(nowTicks, added, out var wait))
        {
            throw ControlProblemException.TooManyNewTracks(context.ParticipantId, added, wait);
        }
    }

    /// <inheritdoc cref="TrackSuccession.Succeed"/>
    public void Succeed(long nowTicks, PublishSession former, PreparedAnswer prepared) => _succession.Succeed(nowTicks, former._succession, prepared.Sections);

    /// <summary>Accepts a prepared answer. A track that another session or a link carries starts with its first packet on this one.</summary>
    public void Accept(PreparedAnswer prepared)
    {
        _version++;
        if (prepared.Local is { } credentials && credentials != Peer.Transport.LocalCredentials)
        {
            _context.Factory.RestartIce(Peer, credentials);
        }

        prepared.Remote.ApplyTo(Peer);
        _succession.Accept(prepared.Sections);
    }

    public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
    {
        _succession.OnRtp(packet);
        return _publisher.OnRtp(nowTicks, packet, session.ArrivalTicks);
    }

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => _publisher.OnRtcp(nowTicks, packet, session.ArrivalTicks);

    public long HandleTimeout(long nowTicks)
    {
        if (Peer.Transport.PathRoundTrip is { } check)
        {
            _publisher.OnPathCheck(check.AtTicks, check.Ticks);
        }

        return Math.Min(_publisher.HandleTimeout(nowTicks), _succession.HandleTimeout(nowTicks));
    }

    public void OnStateChanged(PeerSession session, PeerTransportState state)
    {
        if (session.IsReady)
        {
            _succession.OnReady();
        }

        _context.Observer.OnStateChanged(this, state);
    }

    public void OnFailure(PeerSession session) => _context.Observer.OnFailure(this);

    /// <summary>
    /// Whether the session replaced another one and did not connect in time; until then, subscribers see the last picture. Other publish sessions have no limit: their
    /// participant times out as a whole.
    /// </summary>
    public bool HasTimedOut(long nowTicks) => nowTicks - _succession.ConnectingSinceTicks > ConnectTicks;

    public ParticipantReport AddTo(ParticipantReport report) => report with { Publishing = Peer.IsReady };

    /// <summary>Closes the tracks that this session carries, except those that its successor or a link continues.</summary>
    public void Close() => _succession.Close();

    void ISuccessionOwner.OnReplaced() => _context.Observer.OnReplaced(this);
}
