using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The peer connection on which a participant publishes. The client offers and the node answers.</summary>
internal sealed class PublishSession : IRoomSession
{
    /// <summary>Time within which a session that took over tracks must connect. Attempts that follow each other count as one.</summary>
    private const long ConnectTicks = 30 * TimeSpan.TicksPerSecond;

    /// <summary>Time after which a connected session takes over the tracks although it sends nothing, as with sources that are all paused.</summary>
    private const long OverlapTicks = 2 * TimeSpan.TicksPerSecond;
    private readonly SessionContext _context;
    private readonly Publisher _publisher;
    private readonly long _sessionNumber;

    /// <summary>The tracks of the participant that this session carries.</summary>
    private readonly List<PublishedTrack> _tracks = [];
    private int _version;

    /// <summary>Since when the session must connect, because it carries tracks of another one or will do so; null once it is connected.</summary>
    private long? _connectingSinceTicks;
    private long? _readySinceTicks;

    /// <summary>The session that carries the tracks until media arrives on this one, and the answer that then takes effect.</summary>
    private (PublishSession Session, PreparedAnswer Prepared)? _former;
    private PublishSession? _successor;

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

    /// <summary>The session that still carries the tracks which this one will take over; null if there is none.</summary>
    public PublishSession? Former => _former?.Session;

    /// <summary>What the answer to the next offer depends on.</summary>
    public PublishState State => new(Peer.Id, _sessionNumber, _version, Peer.Transport.LocalCredentials, Peer.Transport.RemoteCredentials);

    /// <summary>Takes the tracks that an answer adds from the limit of the participant. Throws when there are too many; nothing has changed then.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="context">The participant.</param>
    /// <param name="session">The session that continues its tracks; null for a new one.</param>
    /// <param name="prepared">The answer.</param>
    public static void TakeNewTracks(long nowTicks, SessionContext context, PublishSession? session, PreparedAnswer prepared)
    {
        var added = prepared.Sections.Count(s => s.Track is { } track && !CanKeep(session?.Find(s.Mid), track));
        if (!context.Limits.NewTracks.TryTake(nowTicks, added, out var wait))
        {
            throw ControlProblemException.TooManyNewTracks(context.ParticipantId, added, wait);
        }
    }

    /// <summary>
    /// Replaces another session. While that one is connected, it carries the tracks until media arrives on this one or it ends, so that subscribers notice no gap. Otherwise
    /// this session takes over the tracks at once. Tracks whose source or codec is not in the prepared answer end with the former session.
    /// </summary>
    public void Succeed(long nowTicks, PublishSession former, PreparedAnswer prepared)
    {
        if (former._former is { } pending)
        {
            // The client restarted again before media arrived.
            _connectingSinceTicks = former._connectingSinceTicks;
            former.Withdraw();
            former._context.Observer.OnReplaced(former);
            former = pending.Session;
        }

        _connectingSinceTicks ??= former._connectingSinceTicks ?? nowTicks;
        (_former, former._successor) = ((former, prepared), this);
        if (!former.Peer.IsReady)
        {
            TakeOver();
        }
    }

    /// <summary>Accepts a prepared answer. Its tracks start when the tracks of the former session have been taken over.</summary>
    public void Accept(PreparedAnswer prepared)
    {
        _version++;
        if (prepared.Local is { } credentials && credentials != Peer.Transport.LocalCredentials)
        {
            _context.Factory.RestartIce(Peer, credentials);
        }

        prepared.Remote.ApplyTo(Peer);
        if (_former is { } former)
        {
            _former = (former.Session, prepared);
        }
        else
        {
            Apply(prepared);
        }
    }

    public bool OnRtp(PeerSession session, long nowTicks, Span<byte> packet)
    {
        if (_former is not null)
        {
            TakeOver();
        }

        return _publisher.OnRtp(nowTicks, packet, session.ArrivalTicks);
    }

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => _publisher.OnRtcp(nowTicks, packet);

    public long HandleTimeout(long nowTicks)
    {
        var next = _publisher.HandleTimeout(nowTicks);
        if (_former is null || _readySinceTicks is not { } ready)
        {
            return next;
        }

        if (nowTicks - ready >= OverlapTicks)
        {
            TakeOver();
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
        Withdraw();
        try
        {
            _successor?.TakeOver();
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
            (_former, former.Session._successor) = (null, null);
        }
    }

    /// <summary>Continues the tracks of the former session and ends it.</summary>
    private void TakeOver()
    {
        var (former, prepared) = _former!.Value;
        Withdraw();
        try
        {
            // If several tracks have the same source, sections first continue those with the same MID.
            TakeOver(former, prepared, sameMid: true);
            TakeOver(former, prepared, sameMid: false);
            if (_tracks.Count == 0)
            {
                _connectingSinceTicks = null;
            }

            Apply(prepared);
        }
        finally
        {
            _context.Observer.OnReplaced(former);
        }
    }

    private void Apply(PreparedAnswer prepared)
    {
        foreach (var section in prepared.Sections)
        {
            Apply(section);
        }
    }

    private void TakeOver(PublishSession former, PreparedAnswer prepared, bool sameMid)
    {
        foreach (var section in prepared.Sections)
        {
            if (section.Track is not { } negotiated || Find(section.Mid) is not null)
            {
                continue;
            }

            if (former._tracks.Find(t => CanContinue(t, negotiated) && (!sameMid || t.Track.Options.Mid == section.Mid)) is { } track)
            {
                former._publisher.Remove(track.Track);
                former._tracks.Remove(track);
                _tracks.Add(track);
                _publisher.Continue(track.Track, negotiated.Options);
            }
        }
    }

    private void Apply(PreparedSection section)
    {
        var existing = Find(section.Mid);
        if (existing is not null && section.Track is { } same && CanKeep(existing, same))
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

    /// <summary>Whether a section can keep its track. Otherwise a new track replaces it.</summary>
    private static bool CanKeep(PublishedTrack? track, PreparedTrack negotiated) =>
        track is not null && track.Track.Source == negotiated.Source && track.Codec.Is(negotiated.Codec.Name) && HaveSameLayers(track.Track.Options, negotiated.Options);

    /// <summary>Whether a track can continue on another connection without a new offer to subscribers.</summary>
    private static bool CanContinue(PublishedTrack track, PreparedTrack negotiated) =>
        track.Track.Source == negotiated.Source && PayloadTypeAllocator.HaveSameOffer(track.Codec, negotiated.Codec) && HaveSameLayers(track.Track.Options, negotiated.Options);

    private static bool HaveSameLayers(UpTrackOptions left, UpTrackOptions right) => left.Layers.Select(l => l.Rid).SequenceEqual(right.Layers.Select(l => l.Rid));

    private void Drop(PublishedTrack track)
    {
        _publisher.Remove(track.Track);
        _tracks.Remove(track);
        _context.Tracks.Close(track);
    }
}
