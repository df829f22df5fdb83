namespace MeetOperator.Signaling.Http;

/// <summary>Body of a host's mute request. <see cref="MediaType"/> is audio or video.</summary>
internal sealed record MuteRequest
{
    public string? MediaType { get; init; }
}
