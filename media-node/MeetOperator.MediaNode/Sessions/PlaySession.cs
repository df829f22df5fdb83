using System.Security.Cryptography;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>A peer connection of a standard player (WHEP). The client offers recvonly sections once; there is no renegotiation.</summary>
internal sealed class PlaySession : IRoomSession
{
    /// <summary>Time after which a session that has not connected ends.</summary>
    private const long ConnectTicks = 30 * TimeSpan.TicksPerSecond;
    private readonly long _openedTicks = MonotonicClock.NowTicks;
    private readonly SessionContext _context;
    private readonly Subscriber _subscriber;

    public PlaySession(SessionContext context)
    {
        _context = context;
        Peer = context.Factory.Open(this, context.Limits.Ingress);
        _subscriber = new Subscriber(Peer, context.Limits.Retransmissions, context.Factory.LongKeyFrames);
    }

    public PeerSession Peer { get; }

    public string Kind => "play";

    public int DownTracks => _subscriber.StartedTracks;

    /// <summary>
    /// Returns the answer and the tracks of its sections. Rejects the offer when there is nothing to play, because WHEP has no later offers.
    /// </summary>
    public (string Sdp, IReadOnlyList<TrackDescription> Played) Answer(PlayRequest request, SessionDescription offer, IReadOnlyList<PublishedTrack> tracks)
    {
        var playable = tracks.Select(t => new PlayableTrack
        {
            Kind = t.Kind,
            Codec = t.Codec,
            Track = new OfferedTrack
            {
                StreamId = t.StreamId,
                TrackId = t.Track.TrackId,
                Cname = t.Track.ParticipantId,
                Ssrcs = new SsrcPair(_context.Ssrcs.Next(), _context.Ssrcs.Next()),
            },
        }).ToList();
        if (!PlayAnswer.TryBuild(offer, playable, _context.Factory.Describe(Peer), SessionContext.NextSessionNumber(), out var answer, out var error))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
        }

        if (tracks.Count == 0)
        {
            throw ControlProblemException.NothingToPlay(request.Feeds);
        }

        if (answer.TrackIndexes.All(index => index < 0))
        {
            throw ControlProblemException.InvalidSdp($"SDP: no section can receive any of the published tracks: {string.Join(", ", tracks.Select(t => $"{t.Codec.Name} ({t.Source})"))}.");
        }

        SdpReading.ReadRemote(offer, isAnswer: false).ApplyTo(Peer);
        var played = new List<TrackDescription>();
        for (var i = 0; i < answer.Sections.Count; i++)
        {
            if (answer.TrackIndexes[i] is >= 0 and var index && answer.Sections[i].Codec is { } codec)
            {
                var track = tracks[index];
                Start(track, playable[index].Track.Ssrcs, codec, ExtensionMaps.Read(answer.Sections[i].Extensions));
                played.Add(new TrackDescription { Mid = answer.Sections[i].Mid, ParticipantId = track.Track.ParticipantId, Kind = track.Kind, Source = track.Source });
            }
        }

        return (answer.Description.ToString(), played);
    }

    /// <summary>False: players do not publish.</summary>
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

    public long HandleTimeout(long nowTicks) => _subscriber.HandleTimeout(nowTicks);

    public void OnFailure(PeerSession session) => _context.Observer.OnFailure(this);

    public bool HasTimedOut(long nowTicks) => !Peer.IsReady && nowTicks - _openedTicks > ConnectTicks;

    public ParticipantReport AddTo(ParticipantReport report) => report with { Subscribing = report.Subscribing || Peer.IsReady };

    public void Close() => _subscriber.Close();

    private void Start(PublishedTrack track, SsrcPair ssrcs, RtpCodec codec, Rtp.HeaderExtensions.HeaderExtensionMap extensions) =>
        _subscriber.Add(track.Track, new DownTrackOptions
        {
            Ssrc = ssrcs.Primary,
            PayloadType = (byte)codec.PayloadType,
            RtxSsrc = codec.RtxPayloadType is null ? null : ssrcs.Retransmission,
            RtxPayloadType = (byte?)codec.RtxPayloadType,
            RedPayloadType = (byte?)codec.RedPayloadType,
            Nack = codec.Feedback.Contains("nack"),
            Extensions = extensions,
            FirstSequenceNumber = (ushort)RandomNumberGenerator.GetInt32(1, 30_000),
            Cname = track.Track.ParticipantId,
        });
}
