using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The peer connection on which a participant publishes. The client offers and the node answers.</summary>
internal sealed class PublishSession : IPeerSessionOwner
{
    /// <summary>Maximum number of concurrent tracks of one participant.</summary>
    public const int MaxTracks = 16;
    private readonly NodeRoom _room;
    private readonly NodeParticipant _participant;
    private readonly Publisher _publisher;
    private readonly long _sessionNumber;
    private int _version;

    public PublishSession(NodeRoom room, NodeParticipant participant)
    {
        _room = room;
        _participant = participant;
        _sessionNumber = room.NextSessionNumber();
        Peer = room.Sessions.Open(SessionKind.Publish, this, participant.Ingress);
        _publisher = new Publisher(participant.Id, Peer, room.NextSsrc());
    }

    public PeerSession Peer { get; }

    public Publisher Publisher => _publisher;

    public List<PublishedTrack> Tracks { get; } = [];

    /// <summary>Answers an offer. A rejected offer changes nothing.</summary>
    public string Answer(long nowTicks, SdpOffer request, SessionDescription offer, IReadOnlyList<string> codecs) =>
        Accept(Prepare(nowTicks, request, offer, codecs));

    /// <summary>Validates an offer and prepares the answer without changing the session.</summary>
    public PreparedAnswer Prepare(long nowTicks, SdpOffer request, SessionDescription offer, IReadOnlyList<string> codecs)
    {
        var remote = SdpReading.ReadRemote(offer, isAnswer: false);
        var renewed = remote.RestartsIce(Peer.Transport) ? IceCredentials.Generate() : null;
        var local = _room.Sessions.Describe(renewed ?? Peer.Transport.LocalCredentials);
        if (!PublishAnswer.TryBuild(offer, codecs, local, _sessionNumber, _version + 1, out var answer, out var error))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
        }

        if (answer.Sections.Count(s => s.Active) > MaxTracks)
        {
            throw ControlProblemException.InvalidSdp($"SDP: more than {MaxTracks} sections send media.");
        }

        var sources = Sources(answer.Sections, request.Tracks);
        var added = answer.Sections.Zip(sources).Count(s => s.First is { Active: true, Codec: { } codec } && !CanKeep(Find(s.First), s.Second, codec));
        return _participant.NewTracks.TryTake(nowTicks, added, out var wait)
            ? new PreparedAnswer(answer.Description.ToString(), answer.Sections, sources, remote, renewed)
            : throw ControlProblemException.TooManyNewTracks(_participant.Id, added, wait);
    }

    /// <summary>Applies a prepared answer and returns its SDP.</summary>
    public string Accept(PreparedAnswer prepared)
    {
        _version++;
        if (prepared.Renewed is { } credentials)
        {
            _room.Sessions.RestartIce(Peer, credentials);
        }

        prepared.Remote.ApplyTo(Peer.Transport);
        for (var i = 0; i < prepared.Sections.Count; i++)
        {
            Apply(prepared.Sections[i], prepared.Sources[i]);
        }

        return prepared.Sdp;
    }

    public void OnRtp(PeerSession session, long nowTicks, Span<byte> packet) => _publisher.OnRtp(nowTicks, packet);

    public void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet) => _publisher.OnRtcp(nowTicks, packet);

    public void HandleTimeout(long nowTicks) => _publisher.HandleTimeout(nowTicks);

    public void OnStateChanged(PeerSession session, PeerTransportState state) => _room.OnSessionState(_participant, session, state);

    public void OnFailure(PeerSession session) => _room.OnSessionFailure(_participant, session);

    /// <summary>Closes all tracks when the session ends.</summary>
    public void CloseTracks()
    {
        foreach (var track in Tracks.ToArray())
        {
            Release(track);
        }
    }

    private void Apply(NegotiatedSection section, TrackSource source)
    {
        var existing = Find(section);
        if (!section.Active || section.Codec is not { } codec)
        {
            if (existing is not null)
            {
                Drop(existing);
            }

            return;
        }

        var options = new UpTrackOptions
        {
            Mid = section.Mid,
            Kind = section.Kind == "audio" ? MediaKind.Audio : MediaKind.Video,
            Source = source,
            Codec = codec.Name.ToUpperInvariant() switch
            {
                "VP8" => VideoCodec.Vp8,
                "VP9" => VideoCodec.Vp9,
                "H264" => VideoCodec.H264,
                "AV1" => VideoCodec.Av1,
                _ => VideoCodec.Unknown,
            },
            ClockRate = codec.ClockRate,
            PayloadType = (byte)codec.PayloadType,
            RtxPayloadType = (byte?)codec.RtxPayloadType,
            Extensions = ExtensionMaps.Read(section.Extensions),
            Ssrc = section.Ssrcs?.Primary,
            RtxSsrc = section.Ssrcs?.Retransmission,
            Nack = codec.Feedback.Contains("nack"),
        };
        if (existing is not null && CanKeep(existing, source, codec))
        {
            _publisher.Renegotiate(existing.Track, options);
            return;
        }

        if (existing is not null)
        {
            Drop(existing);
        }

        var track = new PublishedTrack(new UpTrack(options, _participant.Id, $"{TrackSources.Name(source)}-{_participant.NextTrackNumber()}", _participant.Retransmissions), codec);
        track.Track.SetMuted(_participant.IsMuted(options.Source));
        Tracks.Add(track);
        _publisher.Add(track.Track);
        _room.OnTrackAdded(_participant, track);
    }

    private PublishedTrack? Find(NegotiatedSection section) => Tracks.Find(t => t.Track.Options.Mid == section.Mid);

    /// <summary>Whether the section can keep its track. Otherwise a new track replaces it.</summary>
    private static bool CanKeep(PublishedTrack? track, TrackSource source, RtpCodec codec) =>
        track is not null && track.Source == TrackSources.Name(source) && track.Codec.Is(codec.Name);

    private void Drop(PublishedTrack track)
    {
        _publisher.Remove(track.Track);
        Release(track);
    }

    private void Release(PublishedTrack track)
    {
        Tracks.Remove(track);
        track.Track.Close();
        _room.Loop.ForwardedByClosedTracks += track.Track.ForwardedPackets;
        _room.OnTrackRemoved(_participant, track);
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
