using MeetOperator.Contracts.SfuPools;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>What the state of a rollout is derived from.</summary>
internal sealed record RolloutFacts
{
    /// <summary>Hash of the pool's current Pod template.</summary>
    public required string Revision { get; init; }

    public required string Image { get; init; }

    /// <summary>Desired number of nodes.</summary>
    public required int Replicas { get; init; }

    /// <summary>Number of nodes that are not draining.</summary>
    public required int Counted { get; init; }

    /// <summary>Number of nodes with another template, including those that are draining.</summary>
    public required int Outdated { get; init; }

    /// <summary>Number of extra nodes that the rollout may create; null when it creates no more than one.</summary>
    public int? MaxSurge { get; init; }

    public bool IsPaused { get; init; }

    /// <summary>How a new template is tried; null when all nodes are replaced.</summary>
    public SfuCanary? Canary { get; init; }

    /// <summary>The pool's current template; null when it is too large to be stored, so that the next one is rolled out without a trial.</summary>
    public SfuStableTemplate? Template { get; init; }
}
