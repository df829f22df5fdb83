using System.Text.Json.Serialization;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>How media flows in a meeting, as all replicas decided it. Replicas change it with <see cref="IMeetingBus.TryWriteTopologyAsync"/> only.</summary>
public sealed record MeetingTopology
{
    /// <summary>The number of writes; 0 if it was never written.</summary>
    public long Version { get; init; }

    /// <summary>Grows with every change of <see cref="IsDirect"/>.</summary>
    public long Generation { get; init; }

    /// <summary>True if media flows directly between the participants, false if it flows through the SFU.</summary>
    public bool IsDirect { get; init; }

    /// <summary>When <see cref="IsDirect"/> changed, in Unix milliseconds.</summary>
    public long ChangedAt { get; init; }

    /// <summary>Since when nobody has needed the SFU, in Unix milliseconds; null while somebody does.</summary>
    public long? FreeSince { get; init; }

    /// <summary>Number of direct connections that failed one after the other.</summary>
    public int Failures { get; init; }

    /// <summary>How often somebody needed the SFU while media flowed directly, shortly one after the other.</summary>
    public int Returns { get; init; }

    /// <summary>Before this time, in Unix milliseconds, media does not flow directly again.</summary>
    public long NotBefore { get; init; }

    /// <summary>The topology before the first decision.</summary>
    [JsonIgnore]
    public static MeetingTopology Initial { get; } = new();
}
