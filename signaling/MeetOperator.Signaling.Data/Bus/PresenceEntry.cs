namespace MeetOperator.Signaling.Data.Bus;

/// <summary>A participant in the meeting, or a reservation, as all replicas see it. Entries expire unless they are renewed.</summary>
public sealed record PresenceEntry
{
    public const string SharedConnection = "media";
    public const string HostRole = "host";

    public required string ParticipantId { get; init; }
    public required string DisplayName { get; init; }
    public required string Role { get; init; }
    public bool Audio { get; init; } = true;
    public bool Video { get; init; } = true;

    /// <summary>A host or the meeting settings muted the microphone. The participant can unmute itself.</summary>
    public bool AudioSilenced { get; init; }
    public bool VideoSilenced { get; init; }

    /// <summary>The participant's public key for encryption end to end; null if its client cannot encrypt.</summary>
    public string? IdentityKey { get; init; }

    /// <summary>The participant's client can connect directly to others. Replicas of earlier versions do not write it.</summary>
    public bool Direct { get; init; }

    /// <summary>The signaling replica that holds the connection.</summary>
    public required string Instance { get; init; }

    /// <summary>The replica acknowledges relayed frames. Replicas of earlier versions do not.</summary>
    public bool AcknowledgesFrames { get; init; }

    /// <summary>ID of the connection. A newer connection of the same participant replaces the entry.</summary>
    public required string Connection { get; init; }

    /// <summary>
    /// True for a participant without a socket (WHIP, WHEP). No replica owns the entry: every replica may renew it, and none writes it again once it is gone.
    /// </summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsShared => Connection == SharedConnection;

    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsHost => Role == HostRole;

    /// <summary>False for a reservation: the participant joined over REST and has not connected yet.</summary>
    public bool Connected { get; init; }

    /// <summary>True while the connection is lost and the participant may reconnect. A host that is away does not prevent another host from entering.</summary>
    public bool Away { get; init; }

    /// <summary>Until when no other participant can take the reservation, in Unix milliseconds of the bus's clock; null when connected.</summary>
    public long? FirmUntil { get; init; }

    /// <summary>The client address that made the reservation; null when connected.</summary>
    public string? Address { get; init; }

    /// <summary>Time of the first entry in Unix milliseconds, unchanged by reconnects. Defines the order of participants.</summary>
    public long Since { get; init; }
}
