namespace MeetOperator.Signaling.Http;

/// <summary>An ICE server, in the format of RTCIceServer.</summary>
public sealed record IceServer(IReadOnlyList<string> Urls, string? Username = null, string? Credential = null);
