namespace MeetOperator.Signaling.Data;

/// <summary>A participant who is here (or about to be), as all instances see it. Entries expire unless renewed.</summary>
public sealed record PresenceEntry
{
    public const string SharedConnection = "media";
    public const string HostRole = "host";

    public required string ParticipantId { get; init; }
    public required string DisplayName { get; init; }
    public required string Role { get; init; }
    public bool Audio { get; init; } = true;
    public bool Video { get; init; } = true;

    /// <summary>A host or the meeting's settings silenced the microphone; the participant's own unmute lifts it.</summary>
    public bool AudioSilenced { get; init; }
    public bool VideoSilenced { get; init; }

    /// <summary>The signaling instance that holds the connection.</summary>
    public required string Instance { get; init; }

    /// <summary>The instance tells the sender of a relayed frame that it was delivered; those of earlier versions do not.</summary>
    public bool AcknowledgesFrames { get; init; }

    /// <summary>Names one connection; a newer connection of the same participant replaces the entry.</summary>
    public required string Connection { get; init; }

    /// <summary>No connection of one instance but media without a socket: every instance may lengthen the entry's life, none writes it again.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsShared => Connection == SharedConnection;

    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsHost => Role == HostRole;

    /// <summary>False while only a place is kept (joined over REST, not connected yet).</summary>
    public bool Connected { get; init; }

    /// <summary>True while its connection is lost and may come back. A host who is away keeps no other host out.</summary>
    public bool Away { get; init; }

    /// <summary>Until when a place that is only kept does not give way, in Unix milliseconds of the bus' own clock; null when connected.</summary>
    public long? FirmUntil { get; init; }

    /// <summary>The address that the place was reserved from; null once connected.</summary>
    public string? Address { get; init; }

    /// <summary>Unix milliseconds of the first entry, kept over reconnects; gives the order.</summary>
    public long Since { get; init; }
}
