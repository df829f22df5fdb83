namespace MeetOperator.Sdp;

/// <summary>An <c>a=extmap</c> line (RFC 8285).</summary>
public readonly record struct HeaderExtension(int Id, string Uri);
