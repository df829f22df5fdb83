using MeetOperator.Rtc.Transport;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The owner of a peer session. The session calls it on the loop's thread.</summary>
internal interface IPeerSessionOwner
{
    /// <summary>Processes one unencrypted RTP packet.</summary>
    ReceivedMedia OnRtp(PeerSession session, long nowTicks, Span<byte> packet);

    void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet);

    void OnStateChanged(PeerSession session, PeerTransportState state);

    /// <summary>Runs the timers of the session. Returns when to call again; <see cref="long.MaxValue"/> for not before something happens.</summary>
    long HandleTimeout(long nowTicks);

    /// <summary>Called after an unexpected error, when no method of the session is on the call stack. The owner ends the session; the loop then removes it.</summary>
    void OnFailure(PeerSession session);
}
