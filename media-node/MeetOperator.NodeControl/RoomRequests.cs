using System.Text.Json.Serialization;

namespace MeetOperator.NodeControl;

/// <summary>Creates or updates a room. <see cref="Generation"/> is the fencing token: the node rejects a generation lower than the room's own.</summary>
public sealed record RoomSpec
{
    /// <summary>Maximum length of <see cref="Tenant"/>: the longest name of an object in Kubernetes.</summary>
    public const int MaxTenantLength = 253;

    public required long Generation { get; init; }
    public int MaxParticipants { get; init; } = 100;

    /// <summary>Codecs in order of preference, for example <c>VP8</c>. Empty means the node's default order.</summary>
    public IReadOnlyList<string> Codecs { get; init; } = [];

    /// <summary>Payloads are encrypted between the clients. The node reads no picture content and tells so in <see cref="RoomReport.E2ee"/>.</summary>
    public bool E2ee { get; init; }

    /// <summary>The tenant of the meeting, for the limit of its TCP connections. Null when it is not known; the room then has a limit of its own. It is read when the room is created, so a later change has no effect.</summary>
    public string? Tenant { get; init; }

    /// <summary>In which ways participants may reach the node. Null when nothing is limited. A change applies to sessions that exist.</summary>
    public RoomConnectivity? Connectivity { get; init; }
}

public sealed record ParticipantSpec
{
    /// <summary>Maximum length of <see cref="Region"/>.</summary>
    public const int MaxRegionLength = 63;

    public required long Generation { get; init; }

    /// <summary>Region of the participant, which is counted in <see cref="RoomReport.Regions"/>. Null leaves it as it is; a new participant then has none.</summary>
    public string? Region { get; init; }
}

/// <summary>A publisher's offer. <see cref="Tracks"/> is optional and names the source of each mid.</summary>
public sealed record SdpOffer
{
    public required long Generation { get; init; }
    public required string Sdp { get; init; }
    public IReadOnlyList<TrackDescription> Tracks { get; init; } = [];

    /// <summary>True to replace the session with one on a new transport, false to renegotiate it.</summary>
    public bool Restart { get; init; }

    /// <summary>True to send a new session's packets on a tunnel (<see cref="NodeControlClient.OpenTunnelAsync"/>). A session that is open already keeps its path.</summary>
    public bool Tunnel { get; init; }

    /// <summary>The session that the offer renegotiates. When that session has ended, the request fails with <c>unknown-session</c>. Null means the current session.</summary>
    public string? SessionId { get; init; }
}

public sealed record SdpAnswer
{
    public required string SessionId { get; init; }
    public required string Sdp { get; init; }

    /// <summary>The track of each section of the answer. Sections without a track are omitted.</summary>
    public IReadOnlyList<TrackDescription> Tracks { get; init; } = [];
}

public sealed record SubscribeRequest
{
    /// <summary>Maximum of <see cref="LineKbps"/>.</summary>
    public const int MaxLineKbps = 1_000_000;

    public required long Generation { get; init; }
    public bool Restart { get; init; }

    /// <summary>True to send a new session's packets on a tunnel. A session that is open already keeps its path.</summary>
    public bool Tunnel { get; init; }

    /// <summary>The slots that the client can use. Null for one media section a track.</summary>
    public SlotCounts? Slots { get; init; }

    /// <summary>What a new session may assume that the client's line takes, 1 to 1,000,000 kbit/s; the node begins with 50 kbit/s to 20 Mbit/s. It is the last <see cref="ParticipantLine.Kbps"/> of the media node that the client had before. Null when it is not known.</summary>
    public int? LineKbps { get; init; }
}

/// <summary>Numbers of slots. The node lowers those that are above its own limits.</summary>
public sealed record SlotCounts
{
    /// <summary>Slots for audio alone.</summary>
    public required int Audio { get; init; }

    /// <summary>Maximum number of slots for video and the audio that belongs to it.</summary>
    public required int Video { get; init; }
}

/// <summary>The server's offer. The answer must have the same <see cref="Revision"/>.</summary>
public sealed record SubscribeOffer
{
    public required string SessionId { get; init; }
    public required int Revision { get; init; }
    public required string Sdp { get; init; }
    public required IReadOnlyList<TrackDescription> Tracks { get; init; }

    /// <summary>The version of <see cref="Tracks"/> when the sections are slots; otherwise null.</summary>
    public int? SlotsVersion { get; init; }
}

public sealed record SubscribeAnswer
{
    /// <summary>The session whose offer is answered. When that session has ended, the request fails with <c>unknown-session</c>. Null means the current session.</summary>
    public string? SessionId { get; init; }
    public required int Revision { get; init; }
    public required string Sdp { get; init; }
}

/// <summary>A player's recvonly offer. <see cref="Feeds"/> are participant IDs; empty means all participants of the room.</summary>
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

/// <summary>The video tracks that a participant shows. Tracks of others are not sent to it, except audio.</summary>
public sealed record ViewRequest
{
    public required IReadOnlyList<ViewedTrack> Tracks { get; init; }

    /// <summary>IDs of the participants whose microphone is sent although others are louder, also while nothing of them is shown.</summary>
    public IReadOnlyList<string> Pinned { get; init; } = [];
}

public sealed record ViewedTrack
{
    public required string ParticipantId { get; init; }

    /// <summary>camera or screen.</summary>
    public required string Source { get; init; }

    /// <summary>The size on the screen in device pixels.</summary>
    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>Whether the participant has chosen to see the track before others.</summary>
    public bool Pinned { get; init; }
}

/// <summary>The client has applied the assignment of its slots, up to a version.</summary>
public sealed record SlotsConfirmation
{
    public required string SessionId { get; init; }
    public required int Version { get; init; }
}

public sealed record TrackMuteRequest
{
    public required MuteState Muted { get; init; }
}

/// <summary>Mute state by source, so that muting the camera does not stop a screen share. Null leaves a source unchanged.</summary>
public sealed record MuteState
{
    public bool? Microphone { get; init; }
    public bool? Camera { get; init; }
    public bool? Screen { get; init; }

    [JsonPropertyName("screen-audio")]
    public bool? ScreenAudio { get; init; }
}

/// <summary>The track of one media section.</summary>
public sealed record TrackDescription
{
    public string? Mid { get; init; }
    public string? ParticipantId { get; init; }

    /// <summary>audio or video.</summary>
    public required string Kind { get; init; }

    /// <summary>microphone, camera, screen or screen-audio.</summary>
    public required string Source { get; init; }
}
