using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>A media node that the operator polls, as far as it shows whether its machine works.</summary>
internal sealed record MachineNode
{
    /// <summary>Name of the cluster node that runs the Pod.</summary>
    public required string Machine { get; init; }

    /// <summary>Name of the Pod, and of the SfuNode.</summary>
    public required NamespacedName Pod { get; init; }

    /// <summary>Timestamp of the first of the consecutive polls without any response; null when the last poll got one, or none has ended yet.</summary>
    public long? UnansweredSince { get; init; }

    /// <summary>Timestamp of the last response.</summary>
    public long AnsweredAt { get; init; }

    /// <summary>True when the media node does not answer and has reported before. One that has not may just be starting.</summary>
    public bool HasServed { get; init; }

    /// <summary>True when the last poll returned a valid report, and the Pod is not being deleted.</summary>
    public bool IsHealthy { get; init; }

    /// <summary>True when the cluster itself reports that the cluster node is not ready or does not exist.</summary>
    public bool IsReportedLost { get; init; }
}
