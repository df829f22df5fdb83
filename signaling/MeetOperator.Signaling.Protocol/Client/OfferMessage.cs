namespace MeetOperator.Signaling.Protocol;

/// <summary>An offer to the SFU (publish) or to a participant (relayed as it is).</summary>
public sealed record OfferMessage(string To, string Sdp, IReadOnlyList<PublishedTrack> Tracks, bool Restart) : ClientMessage;
