namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>An ICE candidate. <see cref="CandidateJson"/> is the unmodified JSON value: an RTCIceCandidateInit, a string or null.</summary>
public sealed record IceCandidateMessage(string To, string CandidateJson) : ClientMessage;
