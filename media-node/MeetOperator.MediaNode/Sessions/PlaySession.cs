using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>A peer connection of a standard player (WHEP). The client offers recvonly sections once; there is no renegotiation.</summary>
internal sealed class PlaySession : IRoomSession
{
    /// <summary>Time after which a session that has not connected ends.</summary>
    private const long ConnectTicks = 30 * TimeSpan.TicksPerSecond;
    private readonly long _openedTicks = MonotonicClock.NowTicks;
    private readonly SessionContext _context;
    private readonly Subscriber _subscriber;

    /// <summary>Opens the session with a prepared answer.</summary>
    public PlaySession(SessionContext context, PreparedPlay prepared)
    {
        _context = context;
        Peer = context.Factory.Open(this, context.Limits.Ingress, context.Paths, prepared.Transport);
        _subscriber = new Subscriber(Peer, context.Limits.Retransmissions, context.LongKeyFrames);
    }

    public PeerSession Peer { get; }

    public string Kind => "play";

    public int DownTracks => _subscriber.StartedTracks;

    /// <summary>Starts the tracks of the answer.</summary>
    public void Start(PreparedPlay prepared)
    {
        prepared.Remote.ApplyTo(Peer);
        foreach (var (track, options) in prepared.Sections)
        {
            _subscriber.Add(track.Track, options);
        }
    }

    /// <summary>Unknown: players do not publish.</summary>
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

    public long HandleTimeout(long nowTicks) => _subscriber.HandleTimeout(nowTicks);

    public void OnFailure(PeerSession session) => _context.Observer.OnFailure(this);

    public bool HasTimedOut(long nowTicks) => !Peer.IsReady && nowTicks - _openedTicks > ConnectTicks;

    public ParticipantReport AddTo(ParticipantReport report) => report with { Subscribing = report.Subscribing || Peer.IsReady };

    public void Close() => _subscriber.Close();
}
