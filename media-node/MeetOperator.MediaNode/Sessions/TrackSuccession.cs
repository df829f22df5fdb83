using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// The tracks that one publish session carries, and those that it takes over. Former carriers are the sessions of the participant that this one replaces, and links from media
/// nodes on which the participant has published with a lower <see cref="Tracks.Carriage"/>. A former carrier goes on until the track starts here: a video with a key frame, so that
/// subscribers notice no gap. Without clock and I/O. Used only on the loop's thread.
/// </summary>
internal sealed class TrackSuccession : ISessionCarrier
{
    /// <summary>
    /// Time after which a connected session takes over the tracks that have not started on it, as those of sources that are paused. Clients that follow the protocol end the former
    /// connection before.
    /// </summary>
    private const long OverlapTicks = 5 * TimeSpan.TicksPerSecond;
    private readonly ParticipantTracks _tracks;
    private readonly Publisher _publisher;
    private readonly MemoryBudget? _memory;
    private readonly uint _number;
    private readonly ulong _generation;

    /// <summary>The tracks of the participant that this session carries.</summary>
    private readonly List<PublishedTrack> _carried = [];

    /// <summary>The session that this one replaces, which carries tracks until they start here; null if there is none. It may have a former session itself.</summary>
    private TrackSuccession? _former;
    private TrackSuccession? _successor;

    /// <summary>The sections of the newest answer.</summary>
    private IReadOnlyList<PreparedSection> _sections = [];

    /// <summary>The sections whose tracks have not started on this session, or have moved to a link.</summary>
    private IReadOnlyList<PreparedSection> _pending = [];

    /// <summary>Those of them that start with their first packet. The others have moved to a link with a higher carriage.</summary>
    private IReadOnlyList<PreparedSection> _awaited = [];
    private long? _awaitingSinceTicks;

    /// <param name="tracks">The tracks of the participant.</param>
    /// <param name="publisher">Receives the media of the session.</param>
    /// <param name="owner">The session.</param>
    /// <param name="memory">The memory of the participant for retransmissions; null for no limit.</param>
    public TrackSuccession(ParticipantTracks tracks, Publisher publisher, ISuccessionOwner owner, MemoryBudget? memory)
    {
        (_tracks, _publisher, Owner, _memory) = (tracks, publisher, owner, memory);
        (_number, _generation) = (tracks.Carriage.NextNumber(), tracks.Origin.Generation);
    }

    public ISuccessionOwner Owner { get; }

    public Carriage Carriage => new(_number, _generation, _tracks.Origin.Node, _tracks.Origin.Part);

    public bool IsReady => Owner.IsReady;

    /// <summary>Since when the session must connect, because it carries tracks of another one or will do so; null once it is connected.</summary>
    public long? ConnectingSinceTicks { get; private set; }

    /// <summary>The sessions that still carry tracks which this one will take over, the newest first.</summary>
    public IReadOnlyList<TrackSuccession> Formers => _former is null ? [] : [_former, .. _former.Formers];

    /// <summary>The track of a section that this session carries, or null.</summary>
    public PublishedTrack? Find(string mid)
    {
        foreach (var track in _carried) // without a closure, because it runs for each section of an answer
        {
            if (track.Track.Options.Mid == mid)
            {
                return track;
            }
        }

        return null;
    }

    /// <summary>
    /// Replaces another session. While that one is connected, it carries each track until the track starts on this session. A session that is not connected loses its tracks to this
    /// one at once. Tracks whose source or codec is not in the sections end with the former session.
    /// </summary>
    public void Succeed(long nowTicks, TrackSuccession former, IReadOnlyList<PreparedSection> sections)
    {
        if (former is { _former: { } working, _carried.Count: 0 })
        {
            // The client restarted again before media arrived.
            ConnectingSinceTicks = former.ConnectingSinceTicks;
            former.Withdraw();
            former.Retire();
            former = working;
        }

        if (former._former is { _former: not null } older)
        {
            older.TakeOverAll(); // so that there are at most three sessions
        }

        ConnectingSinceTicks ??= former.ConnectingSinceTicks ?? nowTicks;
        (_former, former._successor) = (former, this);
        SetPending(sections);
        while (_former is { IsReady: false } lost)
        {
            TakeOver(lost);
        }
    }

    /// <summary>Applies the sections of an answer. A track that another carrier has starts with its first packet on this session.</summary>
    public void Accept(IReadOnlyList<PreparedSection> sections)
    {
        _tracks.Carriage.Add(this);
        _sections = sections;
        foreach (var section in sections)
        {
            if (Find(section.Mid) is not null || (_former is null && !IsRelayed(section)))
            {
                Apply(section);
            }
        }

        SetPending(sections);
    }

    /// <summary>Starts the awaited track whose first packet this is, if it is one.</summary>
    public void OnRtp(ReadOnlySpan<byte> packet)
    {
        if (_awaited.Count > 0)
        {
            StartAwaited(packet);
        }
    }

    /// <summary>Records that the client is connected.</summary>
    public void OnReady() => ConnectingSinceTicks = null;

    /// <summary>Takes over what has not started in time.</summary>
    /// <returns>When to call again.</returns>
    public long HandleTimeout(long nowTicks)
    {
        if (!IsReady || (_former is null && (_successor is not null || _awaited.Count == 0)))
        {
            _awaitingSinceTicks = null;
            return long.MaxValue;
        }

        var end = (_awaitingSinceTicks ??= nowTicks) + OverlapTicks;
        if (nowTicks < end)
        {
            return end;
        }

        TakeOverAll();
        return long.MaxValue;
    }

    /// <summary>Ends the carriage of all tracks. Another carrier continues them, the successor first; the others close.</summary>
    public void Close()
    {
        _tracks.Carriage.Remove(this);
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
            _tracks.Carriage.End([.. _carried]);
        }
    }

    /// <summary>Lets a link carry a track from now on. The session continues it if the link ends.</summary>
    public void Release(PublishedTrack track)
    {
        if (!_carried.Contains(track))
        {
            return;
        }

        var options = track.Track.CurrentOptions; // clients name a stream by its SSRC only, once they know that it arrives
        Give(track);
        SetPending([.. _pending, .. _sections.Where(s => s.Mid == options.Mid && s.Track is not null).Select(s => s with { Track = s.Track! with { Options = options } })]);
    }

    public bool TryContinue(PublishedTrack track)
    {
        if (TrackContinuation.Match(_pending, [track]) is not [var (section, _), ..])
        {
            return false;
        }

        Continue(section, track);
        SetPending(_pending);
        EndIfDone();
        return true;
    }

    public void OnRelayChanged()
    {
        var awaited = _pending.Where(s => !IsAboveThis(s)).ToArray();
        if (!awaited.SequenceEqual(_awaited))
        {
            _awaited = awaited;
            _publisher.Await([.. awaited.Select(s => s.Track!.Options)]);
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

    /// <summary>Ends the session. It starts nothing any more, and continues nothing.</summary>
    private void Retire()
    {
        _tracks.Carriage.Remove(this);
        SetPending([]);
        Owner.OnReplaced();
    }

    /// <summary>Apart from <see cref="OnRtp"/>, which would otherwise allocate the closure for each packet.</summary>
    private void StartAwaited(ReadOnlySpan<byte> packet)
    {
        if (_publisher.FindStart(packet) is { } options)
        {
            Start(_awaited.First(s => s.Track?.Options == options));
        }
    }

    /// <summary>Starts the track of a section, which continues that of a former carrier if there is one.</summary>
    private void Start(PreparedSection section)
    {
        var matches = Matches();
        var (_, track) = matches.Find(m => m.Section == section);
        var next = (track?.Carrier as TrackSuccession)?._successor;
        if (track is not null)
        {
            Continue(section, track);
        }
        else if (_successor is null)
        {
            ApplyInstead(section, matches);
        }

        SetPending(_pending);
        next?.EndIfDone();
        EndIfDone();
    }

    /// <summary>Continues the tracks of the newest former session and ends it.</summary>
    private void TakeOver(TrackSuccession former)
    {
        var matches = Matches().FindAll(m => former._carried.Contains(m.Track));
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
            former.Retire();
        }

        EndIfDone();
    }

    /// <summary>Continues the tracks of all former carriers, and ends the former sessions.</summary>
    private void TakeOverAll()
    {
        var matches = Matches();
        try
        {
            matches.ForEach(m => Continue(m.Section, m.Track));
            SetPending(_pending);
            foreach (var section in _successor is null && _former is null ? _awaited : [])
            {
                ApplyInstead(section, matches);
            }
        }
        finally
        {
            EndFormers();
        }
    }

    /// <summary>Ends the former sessions when they carry nothing that starts later on this one.</summary>
    private void EndIfDone()
    {
        if (_former is null || (IsReady && !_pending.Any(s => FormerTracks.Any(t => t.Track.Source == s.Track?.Source))))
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
        ConnectingSinceTicks = _carried.Count == 0 ? null : ConnectingSinceTicks;
        try
        {
            // A successor continues what the former sessions carried, so nothing of it may start anew. A track that a link carries starts with its first packet.
            foreach (var section in _successor is null ? _pending.Where(s => !IsRelayed(s)) : [])
            {
                Apply(section);
            }

            SetPending(_pending);
        }
        finally
        {
            foreach (var former in formers)
            {
                former.Retire();
            }
        }
    }

    /// <summary>The tracks of former sessions.</summary>
    private IEnumerable<PublishedTrack> FormerTracks => Formers.SelectMany(f => f._carried);

    /// <summary>The sections that continue a track of a former session, or of a link with a lower carriage.</summary>
    private List<(PreparedSection Section, PublishedTrack Track)> Matches() =>
        TrackContinuation.Match(_awaited, FormerTracks.Concat(_tracks.Relayed.Where(t => Carriage.IsAbove(t.Carriage))));

    private bool IsRelayed(PreparedSection section) => section.Track is { } negotiated && _tracks.Relayed.Exists(t => t.Track.Source == negotiated.Source);

    private bool IsAboveThis(PreparedSection section) => _tracks.Relayed.Exists(t => t.Track.Source == section.Track?.Source && t.Carriage.IsAbove(Carriage));

    private void Continue(PreparedSection section, PublishedTrack track)
    {
        if (track.Carrier is TrackSuccession former)
        {
            former.Give(track);
        }
        else
        {
            track.Carrier?.Release(track);
        }

        _carried.Add(track);
        _publisher.Continue(track.Track, section.Track!.Options);
        _tracks.Hand(track, this);
    }

    private void Give(PublishedTrack track)
    {
        _publisher.Remove(track.Track);
        _carried.Remove(track);
    }

    /// <summary>Sets the sections that wait for their start: those with a track that this session does not carry.</summary>
    private void SetPending(IReadOnlyList<PreparedSection> sections)
    {
        _pending = [.. sections.Where(s => s.Track is not null && Find(s.Mid) is null)];
        OnRelayChanged();
    }

    /// <summary>Starts a new track instead of one with another codec that a former carrier has.</summary>
    private void ApplyInstead(PreparedSection section, List<(PreparedSection Section, PublishedTrack Track)> matches)
    {
        Apply(section);
        if (FormerTracks.Concat(_tracks.Relayed).FirstOrDefault(t => t.Track.Source == section.Track?.Source && !matches.Exists(m => m.Track == t)) is { } replaced)
        {
            Drop(replaced);
        }
    }

    private void Apply(PreparedSection section)
    {
        var existing = Find(section.Mid);
        if (existing is not null && section.Track is { } same && TrackContinuation.CanKeep(existing, same))
        {
            _publisher.Renegotiate(existing.Track, same.Options);
            return;
        }

        if (existing is not null && section.Track is null)
        {
            Give(existing);
            _tracks.Carriage.End([existing]);
        }
        else if (existing is not null)
        {
            Drop(existing);
        }

        if (section.Track is { } negotiated)
        {
            var track = _tracks.Add(negotiated.Options, negotiated.Source, negotiated.Codec, this, _memory);
            _carried.Add(track);
            _publisher.Add(track.Track);
            _tracks.Announce(track);
        }
    }

    /// <summary>Closes a track that this session or a former carrier has.</summary>
    private void Drop(PublishedTrack track)
    {
        if (track.Carrier is TrackSuccession session)
        {
            session.Give(track);
        }
        else
        {
            track.Carrier?.Release(track);
        }

        _tracks.Close(track);
    }
}
