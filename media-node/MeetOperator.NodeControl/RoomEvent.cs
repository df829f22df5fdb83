namespace MeetOperator.NodeControl;

/// <summary>One line of <c>GET /v1/rooms/{room}/events</c>. Fields that the event type does not use are absent.</summary>
public sealed record RoomEvent
{
    /// <summary>One of <see cref="RoomEventTypes"/>.</summary>
    public required string Type { get; init; }
    public string? ParticipantId { get; init; }
    public string? SessionId { get; init; }
    public string? Kind { get; init; }
    public string? Source { get; init; }
    public string? State { get; init; }
    public string? Reason { get; init; }
    public int? Revision { get; init; }
    public string? Sdp { get; init; }
    public IReadOnlyList<TrackDescription>? Tracks { get; init; }

    /// <summary>The version of <see cref="Tracks"/> when the sections are slots.</summary>
    public int? SlotsVersion { get; init; }

    /// <summary>The RIDs of the layers that somebody shows.</summary>
    public IReadOnlyList<string>? Layers { get; init; }

    /// <summary>The IDs of participants.</summary>
    public IReadOnlyList<string>? Participants { get; init; }

    /// <summary>Audio level, 0 (silent) to 127.</summary>
    public int? Level { get; init; }

    /// <summary>What is known of the lines of participants. Others have not changed.</summary>
    public IReadOnlyList<ParticipantLine>? Lines { get; init; }
}

/// <summary>What is known of a participant's line.</summary>
public sealed record ParticipantLine
{
    public required string ParticipantId { get; init; }

    /// <summary>
    /// What another connection of the participant may assume that the line takes beside the present one, in kbit/s, 1 to <see cref="SubscribeRequest.MaxLineKbps"/>. Null when it is no
    /// longer known: without a subscribe session, without video, and while the client does not report what arrives.
    /// </summary>
    public int? Kbps { get; init; }
}

public static class RoomEventTypes
{
    public const string Ready = "ready";
    public const string Offer = "offer";
    public const string ParticipantLeft = "participant-left";
    public const string SessionState = "session-state";
    public const string TrackAdded = "track-added";
    public const string TrackRemoved = "track-removed";
    public const string Speaking = "speaking";

    /// <summary>The layers of a simulcast track that the publisher should send have changed.</summary>
    public const string Layers = "layers";

    /// <summary>The tracks that a participant shows and does not get, because its line cannot take them, have changed.</summary>
    public const string Paused = "paused";

    /// <summary>The slots of a subscriber carry other tracks, without a new offer.</summary>
    public const string Slots = "slots";

    /// <summary>
    /// The participants on other media nodes who cannot be seen or heard here, because the link to their node is interrupted, have changed. The list is complete; it is empty when
    /// everybody can be.
    /// </summary>
    public const string Unreachable = "unreachable";

    /// <summary>What is known of the lines of some participants has changed.</summary>
    public const string Lines = "lines";
    public const string RoomEnded = "room-ended";

    /// <summary>The last line of a stream whose reader was too slow. The reader opens a new stream, which starts with the current state.</summary>
    public const string CutOff = "cut-off";
}
