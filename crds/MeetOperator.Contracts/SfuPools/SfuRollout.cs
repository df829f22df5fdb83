using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>How nodes are replaced after a change of the pool's template or of the operator's default media node image.</summary>
[CelRule("!has(self.type) || self.type != 'Migrate' || (type(self.maxSurge) == int ? self.maxSurge > 0 : self.maxSurge != '0%')", SfuPoolValidation.MigrateNeedsSurge, FieldPath = ".maxSurge")]
public sealed record SfuRollout
{
    /// <summary>
    /// WhenEmpty replaces a node once its meetings have ended and never moves a meeting. Immediate drains nodes one at a time, as drain.policy says. Migrate creates up to maxSurge
    /// new nodes, and moves the meetings of as many old ones at once, while people talk. Default WhenEmpty; mutable.
    /// </summary>
    [Default("\"WhenEmpty\"")]
    public RolloutType Type { get; init; } = RolloutType.WhenEmpty;

    /// <summary>
    /// For type Migrate: number of nodes above replicas during a rollout, 1 to 500, or a percentage of replicas, 1% to 100%, rounded up. Nodes that are draining count. Default 25%;
    /// mutable.
    /// </summary>
    [Range(0, 500)]
    [MaxLength(4)]
    [Pattern("^([0-9]|[1-9][0-9]|100)%$")]
    [Default("\"25%\"")]
    public IntOrString MaxSurge { get; init; } = "25%";

    /// <summary>When true, existing nodes are not replaced; new nodes get the current template, and drains that have begun finish. Default false; mutable.</summary>
    [Default("false")]
    public bool Paused { get; init; }

    /// <summary>
    /// Tries a new template on few nodes first, and returns to the former one when they fail; that template is then not tried again. Optional; default all nodes are replaced; mutable.
    /// </summary>
    public SfuCanary? Canary { get; init; }
}
