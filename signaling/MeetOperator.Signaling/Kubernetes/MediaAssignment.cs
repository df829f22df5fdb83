namespace MeetOperator.Signaling.Kubernetes;

/// <summary>The media node that the operator assigned to a meeting. An assignment with a higher generation replaces it.</summary>
public sealed record MediaAssignment(string Namespace, string Node, Uri ControlUrl, long Generation);
