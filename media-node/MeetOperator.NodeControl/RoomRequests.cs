using System.Text.Json.Serialization;

namespace MeetOperator.NodeControl;

/// <summary>Makes or updates a room. <see cref="Generation"/> fences: lower than the room's own is refused.</summary>
public sealed record RoomSpec
{
    public required long Generation { get; init; }
    public int MaxParticipants { get; init; } = 100;

    /// <summary>Codecs in order of preference, for example <c>VP8</c>; empty means the node's own order.</summary>
    public IReadOnlyList<string> Codecs { get; init; } = [];
}

public sealed record ParticipantSpec
{
    public required long Generation { get; init; }
}

/// <summary>A publisher's offer. <see cref="Tracks"/> is optional and names the source behind each mid.</summary>
public sealed record SdpOffer
{
    public required long Generation { get; init; }
    public required string Sdp { get; init; }
    public IReadOnlyList<TrackDescription> Tracks { get; init; } = [];

    /// <summary>Replace the session (new transport) instead of renegotiating it.</summary>
    public bool Restart { get; init; }

    /// <summary>The session that the offer is for; when that is gone, the answer is <c>unknown-session</c>. Null: whichever there is.</summary>
    public string? SessionId { get; init; }
}

public sealed record SdpAnswer
{
    public required string SessionId { get; init; }
    public required string Sdp { get; init; }

    /// <summary>What each section of the answer carries; sections that carry nothing are not among them.</summary>
    public IReadOnlyList<TrackDescription> Tracks { get; init; } = [];
}

public sealed record SubscribeRequest
{
    public required long Generation { get; init; }
    public bool Restart { get; init; }
}

/// <summary>The server's offer; answered with the same <see cref="Revision"/>.</summary>
public sealed record SubscribeOffer
{
    public required string SessionId { get; init; }
    public required int Revision { get; init; }
    public required string Sdp { get; init; }
    public required IReadOnlyList<TrackDescription> Tracks { get; init; }
}

public sealed record SubscribeAnswer
{
    /// <summary>The session whose offer is answered; when that is gone, the answer is <c>unknown-session</c>. Null: whichever there is.</summary>
    public string? SessionId { get; init; }
    public required int Revision { get; init; }
    public required string Sdp { get; init; }
}

/// <summary>A player's recvonly offer. <see cref="Feeds"/> are participant ids; empty means everybody in the room.</summary>
public sealed record PlayRequest
{
    public required long Generation { get; init; }
    public required string Sdp { get; init; }
    public IReadOnlyList<string> Feeds { get; init; } = [];
}

public sealed record DrainRequest
{
    public required bool Drain { get; init; }
}

public sealed record TrackMuteRequest
{
    public required MuteState Muted { get; init; }
}

/// <summary>By source, so that a muted camera does not stop a screen share. Null leaves a source as it is.</summary>
public sealed record MuteState
{
    public bool? Microphone { get; init; }
    public bool? Camera { get; init; }
    public bool? Screen { get; init; }

    [JsonPropertyName("screen-audio")]
    public bool? ScreenAudio { get; init; }
}

/// <summary>What one media section carries.</summary>
public sealed record TrackDescription
{
    public string? Mid { get; init; }
    public string? ParticipantId { get; init; }

    /// <summary>audio or video.</summary>
    public required string Kind { get; init; }

    /// <summary>microphone, camera, screen or screen-audio.</summary>
    public required string Source { get; init; }
}
