using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>What has been observed on the nodes that try a new template.</summary>
public sealed record SfuCanaryStatus
{
    /// <summary>Names of the nodes that try the new template. Written by the operator.</summary>
    [MaxItems(10)]
    [MaxLength(253)]
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>Number of rounds of test calls while all of these nodes were ready, one every 5 seconds. Written by the operator.</summary>
    public int Rounds { get; init; }

    /// <summary>Number of rounds in which not all of these nodes were ready. Written by the operator.</summary>
    public int WaitingRounds { get; init; }

    /// <summary>Number of test calls. Written by the operator.</summary>
    public int Calls { get; init; }

    /// <summary>Number of test calls without media, or whose first frame came too late. Written by the operator.</summary>
    public int FailedCalls { get; init; }

    /// <summary>The longest time in milliseconds until the first frame of a test call arrived. Written by the operator.</summary>
    public int MaxFirstFrameMs { get; init; }

    /// <summary>Number of connections that participants have opened to these nodes, including failed ones. Written by the operator.</summary>
    public int Joins { get; init; }

    /// <summary>Number of connections of participants that failed before they carried media, at most one of each meeting on a node. Written by the operator.</summary>
    public int FailedJoins { get; init; }

    /// <summary>Reason why the latest failed test call failed. Written by the operator.</summary>
    [MaxLength(512)]
    public string? LastFailure { get; init; }
}
