using MeetOperator.Rtc;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Whoever the session belongs to: told on the loop's thread.</summary>
internal interface IPeerSessionOwner
{
    void OnRtp(PeerSession session, long nowTicks, Span<byte> packet);

    void OnRtcp(PeerSession session, long nowTicks, ReadOnlySpan<byte> packet);

    void OnStateChanged(PeerSession session, PeerTransportState state);
}
