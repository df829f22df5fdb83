namespace MeetOperator.Sdp;

/// <summary>The SSRC of a track and the SSRC of its retransmissions, or null without RTX (RFC 5576 FID group).</summary>
public readonly record struct SsrcPair(uint Primary, uint? Retransmission);
