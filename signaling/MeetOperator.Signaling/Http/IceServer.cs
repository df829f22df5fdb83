namespace MeetOperator.Signaling;

/// <summary>As in RTCIceServer.</summary>
public sealed record IceServer(IReadOnlyList<string> Urls, string? Username = null, string? Credential = null);
