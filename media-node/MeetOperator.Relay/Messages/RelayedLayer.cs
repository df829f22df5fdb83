namespace MeetOperator.Relay.Messages;

/// <summary>The streams of one layer of a relayed track.</summary>
/// <param name="Rid">The restriction identifier (RFC 8851) of the publisher; empty for a track with one layer.</param>
/// <param name="Ssrc">The SSRC of the layer in the link; not 0.</param>
/// <param name="RtxSsrc">The SSRC of its retransmissions (RFC 4588), or null.</param>
public readonly record struct RelayedLayer(string Rid, uint Ssrc, uint? RtxSsrc);
