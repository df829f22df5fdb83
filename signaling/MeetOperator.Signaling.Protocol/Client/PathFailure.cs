namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>A way that did not work, on <c>Count</c> connections of a client since its previous report. Ways that browsers do not try by themselves, and reasons that only signaling knows, are rejected.</summary>
public sealed record PathFailure(PathKind Path, PathFailureReason Reason, int Count);
