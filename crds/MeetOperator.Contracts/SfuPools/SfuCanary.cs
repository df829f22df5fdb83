using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>How a new template is tried on few nodes before the others are replaced.</summary>
public sealed record SfuCanary
{
    /// <summary>Number of nodes that get the new template first, 1 to 10; at most maxSurge and replicas. Default 1; mutable.</summary>
    [Range(1, 10)]
    [Default("1")]
    public int Nodes { get; init; } = 1;

    /// <summary>Minutes that these nodes are judged once they are ready, 1 to 1440. Default 10; mutable.</summary>
    [Range(1, 1440)]
    [Default("10")]
    public int Minutes { get; init; } = 10;

    /// <summary>Percentage of calls that must succeed, 1 to 100. It applies to test calls and to the connections of participants separately; of these, the share that fails on the other nodes may fail in addition. Default 99; mutable.</summary>
    [Range(1, 100)]
    [Default("99")]
    public int JoinSuccessPct { get; init; } = 99;

    /// <summary>Milliseconds from the start of a test call within which the first frame must arrive, 100 to 60000; a later one counts as a failed call. Default 2000; mutable.</summary>
    [Range(100, 60_000)]
    [Default("2000")]
    public int FirstFrameMs { get; init; } = 2000;
}
