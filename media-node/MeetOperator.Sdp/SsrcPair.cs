namespace MeetOperator.Sdp;

/// <summary>The SSRC of a track and, with RTX, that of its retransmissions (RFC 5576 FID group).</summary>
public readonly record struct SsrcPair(uint Primary, uint? Retransmission);
