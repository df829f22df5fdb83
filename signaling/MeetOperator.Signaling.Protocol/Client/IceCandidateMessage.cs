namespace MeetOperator.Signaling.Protocol;

/// <summary>A candidate; <see cref="CandidateJson"/> is the value as it was sent (an RTCIceCandidateInit, a string or null).</summary>
public sealed record IceCandidateMessage(string To, string CandidateJson) : ClientMessage;
