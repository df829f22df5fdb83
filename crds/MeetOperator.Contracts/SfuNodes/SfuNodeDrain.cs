using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>That a media node is to be emptied for good, and how.</summary>
public sealed record SfuNodeDrain
{
    /// <summary>Why the node is drained, for people who look at it. Optional; mutable.</summary>
    [MaxLength(256)]
    public string? Reason { get; init; }

    /// <summary>
    /// True takes people out of meetings that no other node can carry, as soon as deadlineSeconds of this drain (when not given: 0) are over. Default false: such a
    /// meeting stays and the condition DrainBlocked names it. Mutable.
    /// </summary>
    [Default("false")]
    public bool Force { get; init; }

    /// <summary>Seconds for which meetings may go on before they move to another node, 0 to 86400. Optional; default that of the pool; mutable.</summary>
    [Range(0, 86_400)]
    public int? DeadlineSeconds { get; init; }
}
