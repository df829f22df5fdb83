using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The peer connection on which a participant publishes. The client offers and the node answers.</summary>
internal sealed class PublishSession : IRoomSession
{
    /// <summary>Maximum number of concurrent tracks of one participant.</summary>
    public const int MaxTracks = 16;

    /// <summary>Maximum number of concurrent layers of all tracks: one report to the publisher describes them all (RFC 3550 §6.4.2).</summary>
    public const int MaxLayers = 31;

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

    public PublishSession(SessionContext context)
    {
        _context = context;
        _sessionNumber = SessionContext.NextSessionNumber();
        Peer = context.Factory.Open(this, context.Limits.Ingress);
        _publisher = new Publisher(Peer, context.Ssrcs.Next());
    }

    public PeerSession Peer { get; }

    public string Kind => "publish";

    public int DownTracks => 0;

    /// <summary>The session that still carries the tracks which this one will take over; null if there is none.</summary>
    public PublishSession? Former => _former?.Session;

    /// <summary>Answers an offer. A rejected offer changes nothing.</summary>
    public string Answer(long nowTicks, SdpOffer request, SessionDescription offer, IReadOnlyList<string> codecs) =>
        Accept(Prepare(nowTicks, request, offer, codecs));

    /// <summary>Validates an offer and prepares the answer without changing the session.</summary>
    public PreparedAnswer Prepare(long nowTicks, SdpOffer request, SessionDescription offer, IReadOnlyList<string> codecs)
    {
        var remote = SdpReading.ReadRemote(offer, isAnswer: false);
        var renewed = remote.RestartsIce(Peer.Transport) ? IceCredentials.Generate() : null;
        var local = _context.Factory.Describe(renewed ?? Peer.Transport.LocalCredentials);
        if (!PublishAnswer.TryBuild(offer, codecs, local, _sessionNumber, _version + 1, out var answer, out var error, acceptsRed: !_context.IsE2ee))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
        }

        if (answer.Sections.Count(s => s.IsActive) > MaxTracks)
        {
            throw ControlProblemException.InvalidSdp($"SDP: more than {MaxTracks} sections send media.");
        }

        if (answer.Sections.Where(s => s.IsActive).Sum(s => Math.Max(1, s.Layers.Count)) > MaxLayers)
        {
            throw ControlProblemException.InvalidSdp($"SDP: the sections send more than {MaxLayers} simulcast layers in total.");
        }

        var sources = Sources(answer.Sections, request.Tracks);
        var added = answer.Sections.Zip(sources).Count(s => s.First is { IsActive: true, Codec: { } codec } && !CanKeep(Find(s.First), s.Second, codec, s.First));
        return _context.Limits.NewTracks.TryTake(nowTicks, added, out var wait)
            ? new PreparedAnswer(answer.Description.ToString(), answer.Sections, sources, remote, renewed)
            : throw ControlProblemException.TooManyNewTracks(_context.ParticipantId, added, wait);
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

    /// <summary>Accepts a prepared answer and returns its SDP. Its tracks start when the tracks of the former session have been taken over.</summary>
    public string Accept(PreparedAnswer prepared)
    {
        _version++;
        if (prepared.Renewed is { } credentials)
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

        return prepared.Sdp;
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
        for (var i = 0; i < prepared.Sections.Count; i++)
        {
            Apply(prepared.Sections[i], prepared.Sources[i]);
        }
    }

    private void TakeOver(PublishSession former, PreparedAnswer prepared, bool sameMid)
    {
        foreach (var (section, source) in prepared.Sections.Zip(prepared.Sources))
        {
            if (section is not { IsActive: true, Codec: { } codec } || Find(section) is not null)
            {
                continue;
            }

            var options = OptionsOf(section, codec);
            if (former._tracks.Find(t => CanContinue(t, source, codec, options) && (!sameMid || t.Track.Options.Mid == section.Mid)) is { } track)
            {
                former._publisher.Remove(track.Track);
                former._tracks.Remove(track);
                _tracks.Add(track);
                _publisher.Continue(track.Track, options);
            }
        }
    }

    private void Apply(NegotiatedSection section, TrackSource source)
    {
        var existing = Find(section);
        if (!section.IsActive || section.Codec is not { } codec)
        {
            if (existing is not null)
            {
                Drop(existing);
            }

            return;
        }

        var options = OptionsOf(section, codec);
        if (existing is not null && CanKeep(existing, source, codec, section))
        {
            _publisher.Renegotiate(existing.Track, options);
            return;
        }

        if (existing is not null)
        {
            Drop(existing);
        }

        var track = _context.Tracks.Add(options, source, codec);
        _tracks.Add(track);
        _publisher.Add(track.Track);
        _context.Tracks.Announce(track);
    }

    private UpTrackOptions OptionsOf(NegotiatedSection section, RtpCodec codec) => new()
    {
        Mid = section.Mid,
        Kind = section.Kind == "audio" ? MediaKind.Audio : MediaKind.Video,
        Codec = codec.Name.ToUpperInvariant() switch
        {
            "VP8" => VideoCodec.Vp8,
            "VP9" => VideoCodec.Vp9,
            "H264" => VideoCodec.H264,
            "AV1" => VideoCodec.Av1,
            _ => VideoCodec.Unknown,
        },
        IsEncrypted = _context.IsE2ee,
        ClockRate = codec.ClockRate,
        PayloadType = (byte)codec.PayloadType,
        RtxPayloadType = (byte?)codec.RtxPayloadType,
        RedPayloadType = (byte?)codec.RedPayloadType,
        Extensions = ExtensionMaps.Read(section.Extensions),
        Nack = codec.Feedback.Contains("nack"),
        Layers = section.Layers.Count > 0
            ? [.. LayerOrder.FromLowest(section.Layers).Select(rid => new UpLayerOptions { Rid = rid })]
            : [new UpLayerOptions { Ssrc = section.Ssrcs?.Primary, RtxSsrc = section.Ssrcs?.Retransmission }],
    };

    private PublishedTrack? Find(NegotiatedSection section) => _tracks.Find(t => t.Track.Options.Mid == section.Mid);

    /// <summary>Whether the section can keep its track. Otherwise a new track replaces it.</summary>
    private bool CanKeep(PublishedTrack? track, TrackSource source, RtpCodec codec, NegotiatedSection section) =>
        track is not null && track.Source == TrackSources.Name(source) && track.Codec.Is(codec.Name) && HaveSameLayers(track.Track.Options, OptionsOf(section, codec));

    /// <summary>Whether a track can continue on another connection without a new offer to subscribers.</summary>
    private static bool CanContinue(PublishedTrack track, TrackSource source, RtpCodec codec, UpTrackOptions options) =>
        track.Track.Source == source && PayloadTypeAllocator.HaveSameOffer(track.Codec, codec) && HaveSameLayers(track.Track.Options, options);

    private static bool HaveSameLayers(UpTrackOptions left, UpTrackOptions right) => left.Layers.Select(l => l.Rid).SequenceEqual(right.Layers.Select(l => l.Rid));

    private void Drop(PublishedTrack track)
    {
        _publisher.Remove(track.Track);
        _tracks.Remove(track);
        _context.Tracks.Close(track);
    }

    private static TrackSource[] Sources(IReadOnlyList<NegotiatedSection> sections, IReadOnlyList<TrackDescription> named)
    {
        var sources = new TrackSource[sections.Count];
        var (audio, video) = (0, 0);
        for (var i = 0; i < sections.Count; i++)
        {
            var kind = sections[i].Kind == "audio" ? MediaKind.Audio : MediaKind.Video;
            var index = kind == MediaKind.Audio ? audio++ : video++;
            var name = named.FirstOrDefault(t => t.Mid == sections[i].Mid)?.Source;
            sources[i] = name is null
                ? TrackSources.Default(kind, index)
                : TrackSources.TryRead(name) ?? throw ControlProblemException.InvalidRequest($"tracks: unknown source '{name}'; expected microphone, camera, screen or screen-audio.");
        }

        return sources;
    }
}
