using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The peer connection on which a participant publishes. The client offers and the node answers.</summary>
internal sealed class PublishSession : IRoomSession
{
    /// <summary>Time within which a session that took over tracks must connect. Attempts that follow each other count as one.</summary>
    private const long ConnectTicks = 30 * TimeSpan.TicksPerSecond;

    /// <summary>
    /// Time after which a connected session takes over the tracks that have not started on it, as those of sources that are paused. Clients that follow the protocol end the former
    /// connection before.
    /// </summary>
    private const long OverlapTicks = 5 * TimeSpan.TicksPerSecond;
    private readonly SessionContext _context;
    private readonly Publisher _publisher;
    private readonly long _sessionNumber;

    /// <summary>The tracks of the participant that this session carries.</summary>
    private readonly List<PublishedTrack> _tracks = [];
    private int _version;

    /// <summary>Since when the session must connect, because it carries tracks of another one or will do so; null once it is connected.</summary>
    private long? _connectingSinceTicks;
    private long? _readySinceTicks;

    /// <summary>The session that this one replaces, which carries tracks until they start here; null if there is none. It may have a former session itself.</summary>
    private PublishSession? _former;
    private PublishSession? _successor;

    /// <summary>The sections whose tracks have not started on this session.</summary>
    private IReadOnlyList<PreparedSection> _pending = [];

    /// <param name="context">What all sessions of the participant share.</param>
    /// <param name="prepared">The answer to the first offer, which <see cref="Accept"/> applies, with the transport of the session.</param>
    public PublishSession(SessionContext context, PreparedAnswer prepared)
    {
        _context = context;
        _sessionNumber = prepared.SessionNumber;
        Peer = context.Factory.Open(this, context.Limits.Ingress, prepared.Transport!);
        _publisher = new Publisher(Peer, context.Ssrcs.Next());
    }

    public PeerSession Peer { get; }

    public string Kind => "publish";

    public int DownTracks => 0;

    /// <summary>The sessions that still carry tracks which this one will take over, the newest first.</summary>
    public IReadOnlyList<PublishSession> Formers => _former is null ? [] : [_former, .. _former.Formers];

    /// <summary>What the answer to the next offer depends on.</summary>
    public PublishState State => new(Peer.Id, _sessionNumber, _version, Peer.Transport.LocalCredentials, Peer.Transport.RemoteCredentials);

    /// <summary>Takes the tracks that an answer adds from the limit of the participant. Throws when there are too many; nothing has changed then.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="context">The participant.</param>
    /// <param name="session">The session that continues its tracks; null for a new one.</param>
    /// <param name="prepared">The answer.</param>
    public static void TakeNewTracks(long nowTicks, SessionContext context, PublishSession? session, PreparedAnswer prepared)
    {
        var added = prepared.Sections.Count(s => s.Track is { } track && !TrackContinuation.CanKeep(session?.Find(s.Mid), track));
        if (!context.Limits.NewTracks.TryTake(nowTicks, added, out var wait))
        {
            throw ControlProblemException.TooManyNewTracks(context.ParticipantId, added, wait);
        }
    }

    /// <summary>
    /// Replaces another session. While that one is connected, it carries each track until the track starts on this session: a video with a key frame, so that subscribers notice no
    /// gap. A session that is not connected loses its tracks to this one at once. Tracks whose source or codec is not in the prepared answer end with the former session.
    /// </summary>
    public void Succeed(long nowTicks, PublishSession former, PreparedAnswer prepared)
    {
        if (former is { _former: { } working, _tracks.Count: 0 })
        {
            // The client restarted again before media arrived.
            _connectingSinceTicks = former._connectingSinceTicks;
            former.Withdraw();
            _context.Observer.OnReplaced(former);
            former = working;
        }

        if (former._former is { _former: not null } older)
        {
            older.TakeOverAll(); // so that there are at most three sessions
        }

        _connectingSinceTicks ??= former._connectingSinceTicks ?? nowTicks;
        (_former, former._successor) = (former, this);
        SetPending(prepared.Sections);
        while (_former is { Peer.IsReady: false } lost)
        {
            TakeOver(lost);
        }
    }

    /// <summary>Accepts a prepared answer. A track that another session carries starts with its first packet on this one.</summary>
    public void Accept(PreparedAnswer prepared)
    {
        _version++;
        if (prepared.Local is { } credentials && credentials != Peer.Transport.LocalCredentials)
        {
            _context.Factory.RestartIce(Peer, credentials);
        }

        prepared.Remote.ApplyTo(Peer);
        foreach (var section in prepared.Sections)
        {
            if (_former is null || Find(section.Mid) is not null)
            {
                Apply(section);
            }
        }

        SetPending(prepared.Sections);
    }

    public ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
    {
        if (_pending.Count > 0)
        {
            StartPending(packet);
        }

        return _publisher.OnRtp(nowTicks, packet, session.ArrivalTicks);
    }

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => _publisher.OnRtcp(nowTicks, packet, session.ArrivalTicks);

    public long HandleTimeout(long nowTicks)
    {
        if (Peer.Transport.PathRoundTrip is { } check)
        {
            _publisher.OnPathCheck(check.AtTicks, check.Ticks);
        }

        var next = _publisher.HandleTimeout(nowTicks);
        if (_former is null || _readySinceTicks is not { } ready)
        {
            return next;
        }

        if (nowTicks - ready >= OverlapTicks)
        {
            TakeOverAll();
        }

        return Math.Min(next, ready + OverlapTicks);
    }

    public void OnStateChanged(PeerSession session, PeerTransportState state)
    {
        if (session.IsReady)
        {
            _connectingSinceTicks = null;
            _readySinceTicks ??= MonotonicClock.NowTicks;
        }

        _context.Observer.OnStateChanged(this, state);
    }

    public void OnFailure(PeerSession session) => _context.Observer.OnFailure(this);

    /// <summary>
    /// Whether the session replaced another one and did not connect in time; until then, subscribers see the last picture. Other publish sessions have no limit: their
    /// participant times out as a whole.
    /// </summary>
    public bool HasTimedOut(long nowTicks) => nowTicks - _connectingSinceTicks > ConnectTicks;

    public ParticipantReport AddTo(ParticipantReport report) => report with { Publishing = Peer.IsReady };

    /// <summary>Closes the tracks that this session carries, except those that its successor continues.</summary>
    public void Close()
    {
        try
        {
            if (_successor is { } successor)
            {
                successor.TakeOver(this);
            }
            else
            {
                Withdraw();
            }
        }
        finally
        {
            _context.Tracks.CloseAll(_tracks);
        }
    }

    /// <summary>No longer waits to take over the tracks of the former session.</summary>
    private void Withdraw()
    {
        if (_former is { } former)
        {
            (_former, former._successor) = (null, null);
            former.EndIfDone();
        }
    }

    /// <summary>Starts the awaited track whose first packet this is. Apart from <see cref="OnRtp"/>, which would otherwise allocate the closure for each packet.</summary>
    private void StartPending(ReadOnlySpan<byte> packet)
    {
        if (_publisher.FindStart(packet) is { } options)
        {
            Start(_pending.First(s => s.Track?.Options == options));
        }
    }

    /// <summary>Starts the track of a section, which continues that of a former session if there is one.</summary>
    private void Start(PreparedSection section)
    {
        var matches = Matches();
        var (_, track) = matches.Find(m => m.Section == section);
        var next = track is null ? null : CarrierOf(track)._successor;
        if (track is not null)
        {
            Continue(section, track);
        }
        else if (_successor is null)
        {
            Apply(section);
            if (FormerTracks.FirstOrDefault(t => t.Track.Source == section.Track?.Source && !matches.Exists(m => m.Track == t)) is { } replaced)
            {
                CarrierOf(replaced).Drop(replaced); // its codec is another one
            }
        }

        SetPending(_pending);
        next?.EndIfDone();
        EndIfDone();
    }

    /// <summary>Continues the tracks of the newest former session and ends it.</summary>
    private void TakeOver(PublishSession former)
    {
        var matches = Matches().FindAll(m => former._tracks.Contains(m.Track));
        try
        {
            matches.ForEach(m => Continue(m.Section, m.Track));
        }
        finally
        {
            (_former, former._former, former._successor) = (former._former, null, null);
            if (_former is { } next)
            {
                next._successor = this;
            }

            SetPending(_pending);
            _context.Observer.OnReplaced(former);
        }

        EndIfDone();
    }

    /// <summary>Continues the tracks of all former sessions and ends them.</summary>
    private void TakeOverAll()
    {
        try
        {
            Matches().ForEach(m => Continue(m.Section, m.Track));
        }
        finally
        {
            EndFormers();
        }
    }

    /// <summary>Ends the former sessions when they carry nothing that starts later on this one.</summary>
    private void EndIfDone()
    {
        if (_former is null || (Peer.IsReady && !_pending.Any(s => FormerTracks.Any(t => t.Track.Source == s.Track?.Source))))
        {
            EndFormers();
        }
    }

    private void EndFormers()
    {
        var formers = Formers;
        foreach (var former in formers)
        {
            (former._former, former._successor) = (null, null);
        }

        _former = null;
        _connectingSinceTicks = _tracks.Count == 0 ? null : _connectingSinceTicks;
        try
        {
            // A successor continues what the former sessions carried, so nothing of it may start anew.
            foreach (var section in _successor is null ? _pending : [])
            {
                Apply(section);
            }

            SetPending(_successor is null ? [] : _pending);
        }
        finally
        {
            foreach (var former in formers)
            {
                _context.Observer.OnReplaced(former);
            }
        }
    }

    private IEnumerable<PublishedTrack> FormerTracks => Formers.SelectMany(f => f._tracks);

    private List<(PreparedSection Section, PublishedTrack Track)> Matches() => TrackContinuation.Match(_pending, FormerTracks);

    private PublishSession CarrierOf(PublishedTrack track) => Formers.First(f => f._tracks.Contains(track));

    private void Continue(PreparedSection section, PublishedTrack track)
    {
        var carrier = CarrierOf(track);
        carrier._publisher.Remove(track.Track);
        carrier._tracks.Remove(track);
        _tracks.Add(track);
        _publisher.Continue(track.Track, section.Track!.Options);
    }

    /// <summary>Sets the sections that wait for their start: those with a track that this session does not carry.</summary>
    private void SetPending(IReadOnlyList<PreparedSection> sections)
    {
        _pending = [.. sections.Where(s => s.Track is not null && Find(s.Mid) is null)];
        _publisher.Await([.. _pending.Select(s => s.Track!.Options)]);
    }

    private void Apply(PreparedSection section)
    {
        var existing = Find(section.Mid);
        if (existing is not null && section.Track is { } same && TrackContinuation.CanKeep(existing, same))
        {
            _publisher.Renegotiate(existing.Track, same.Options);
            return;
        }

        if (existing is not null)
        {
            Drop(existing);
        }

        if (section.Track is { } negotiated)
        {
            var track = _context.Tracks.Add(negotiated.Options, negotiated.Source, negotiated.Codec);
            _tracks.Add(track);
            _publisher.Add(track.Track);
            _context.Tracks.Announce(track);
        }
    }

    private PublishedTrack? Find(string mid) => _tracks.Find(t => t.Track.Options.Mid == mid);

    private void Drop(PublishedTrack track)
    {
        _publisher.Remove(track.Track);
        _tracks.Remove(track);
        _context.Tracks.Close(track);
    }
}
