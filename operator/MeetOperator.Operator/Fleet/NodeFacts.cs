using MeetOperator.Contracts;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>What the cluster and the polls say of one media node; the input of <see cref="NodeStateRules"/>.</summary>
internal sealed record NodeFacts
{
    public required SfuNode Node { get; init; }

    /// <summary>Null when the pool is gone.</summary>
    public SfuPool? Pool { get; init; }
    public Pod? Pod { get; init; }

    /// <summary>The cluster node that runs the Pod; null while none does, or while cluster nodes are not known.</summary>
    public Machine? Machine { get; init; }

    /// <summary>The Pod runs and has an address to be polled at.</summary>
    public bool HasAddress { get; init; } = true;

    /// <summary>When the node's present Pod last answered; null before its first answer.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>It answered once, if not us then an operator before us: who wrote it down, or gave it a meeting.</summary>
    public bool Served => LastSeen is not null
        || Meetings > 0
        || PodRuns.HasRunSince(Pod, Node.Status?.LastSeen)
        || NodeStateRules.HasServed(Node);

    /// <summary>Polls without an answer in a row.</summary>
    public int Missed { get; init; }

    /// <summary>Why the last poll failed.</summary>
    public string? MissReason { get; init; }

    /// <summary>The node answered the last poll with a report that was refused. Its process is running, so people may be connected to it.</summary>
    public bool AnswersWrongly { get; init; }

    /// <summary>The last poll failed because one side does not take the other's certificate.</summary>
    public bool IsUntrusted { get; init; }

    /// <summary>Pods of the node in a row, the present one included, whose credentials did not fit and of which none has served.</summary>
    public int UntrustedPods { get; init; }

    /// <summary>The last poll was answered in some way: a process is there.</summary>
    public bool Answers => AnswersWrongly || IsUntrusted;

    /// <summary>How long the kubelet's readiness probe has failed while the operator got no answer either; zero while one of the two was answered.</summary>
    public TimeSpan NotReadyFor { get; init; }

    /// <summary>The present process is not the one that answered last, and has not answered yet: what that one carried is gone.</summary>
    public bool HasRestarted { get; init; }

    /// <summary>What the operator met when it made the Pod or looked for its address; null when nothing was in the way.</summary>
    public NodeProblem? Problem { get; init; }

    /// <summary>Answers, and does not do its work; null while it does.</summary>
    public NodeProblem? Fault { get; init; }

    /// <summary>The node itself says that it drains.</summary>
    public bool ReportsDraining { get; init; }
    public int Meetings { get; init; }
}
