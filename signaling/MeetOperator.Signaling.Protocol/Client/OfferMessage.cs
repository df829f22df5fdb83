namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>
/// An SDP offer to the SFU (publish) or to a participant (relayed unchanged). <see cref="SessionId"/> identifies the media session to update, as returned
/// in the SFU's previous answer. <see cref="Reference"/> is chosen by the sender and returned in the answer or error.
/// <see cref="Tunnel"/> is true if a new session is to use a tunnel.
/// </summary>
public sealed record OfferMessage(string To, string Sdp, IReadOnlyList<PublishedTrack> Tracks, bool Restart, string? SessionId = null, string? Reference = null, bool Tunnel = false) : ClientMessage;
