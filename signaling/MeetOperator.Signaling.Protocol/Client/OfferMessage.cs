namespace MeetOperator.Signaling.Protocol;

/// <summary>An offer to the SFU (publish) or to a participant (relayed as it is). <see cref="SessionId"/> is that of the SFU's answer before: the session it is for. <see cref="Reference"/> is the sender's own name for the offer.</summary>
public sealed record OfferMessage(string To, string Sdp, IReadOnlyList<PublishedTrack> Tracks, bool Restart, string? SessionId = null, string? Reference = null) : ClientMessage;
