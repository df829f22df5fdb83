namespace MeetOperator.Signaling;

/// <summary>The media node that carries a meeting now, as the operator decided. A higher generation replaces this one.</summary>
public sealed record MediaAssignment(string Namespace, string Node, Uri ControlUrl, long Generation);
