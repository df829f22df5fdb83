using MeetOperator.Rtc;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Whoever the session belongs to: told on the loop's thread.</summary>
internal interface IPeerSessionOwner
{
    void OnRtp(PeerSession session, long nowTicks, Span<byte> packet);

    void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet);

    void OnStateChanged(PeerSession session, PeerTransportState state);

    /// <summary>Called every 10 ms or so.</summary>
    void HandleTimeout(long nowTicks);

    /// <summary>An unexpected error in this session's work: it cannot go on. Called when nothing of it is running; the loop lets go of it afterwards.</summary>
    void OnFault(PeerSession session);
}
