using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuNodes;

/// <summary>Requests that a media node is emptied and then deleted.</summary>
public sealed record SfuNodeDrain
{
    /// <summary>Human-readable reason for the drain. Optional; mutable.</summary>
    [MaxLength(256)]
    public string? Reason { get; init; }

    /// <summary>
    /// When true, meetings that no other node can take end on this node once deadlineSeconds of this drain (0 if unset) have passed, which disconnects their participants.
    /// When false, such meetings stay and the condition DrainBlocked lists them. Default false; mutable.
    /// </summary>
    [Default("false")]
    public bool Force { get; init; }

    /// <summary>Seconds that meetings may continue before they move to another node, 0 to 86400. Optional; default by the pool's drain.policy; mutable.</summary>
    [Range(0, 86_400)]
    public int? DeadlineSeconds { get; init; }
}
