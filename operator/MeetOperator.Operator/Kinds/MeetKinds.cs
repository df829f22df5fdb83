using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.Meetings.Steps;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.Tenants;
using MeetOperator.Operator.Kinds.TurnPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds;

/// <summary>Our kinds: the only list of them in the operator.</summary>
internal static class MeetKinds
{
    /// <summary>The order matters at the start of a term: assignments are adopted from the statuses of meetings before media nodes are polled.</summary>
    public static IReadOnlyList<IKind> All { get; } =
    [
        new Kind<Tenant>("Tenant", TenantValidation.Validate, leader => new TenantWork(leader), (cluster, options) => new TenantAdmission(cluster, options)),
        new Kind<Meeting>("Meeting", MeetingValidation.Validate, leader => new MeetingWork(leader), (cluster, options) => new MeetingAdmission(cluster, new PoolRights(cluster, options))),
        new Kind<SfuPool>("SfuPool", SfuPoolValidation.Validate, leader => new PoolWork(leader), (cluster, options) => new PoolAdmission(new PoolRights(cluster, options))),
        new Kind<TurnPool>("TurnPool", TurnPoolValidation.Validate, leader => new TurnPoolWork(leader), (cluster, options) => new TurnPoolAdmission(new TurnPoolRights(cluster, new PoolRights(cluster, options), options))),
        new Kind<SfuNode>("SfuNode", SfuNodeValidation.Validate, leader => new NodeWork(leader)),
    ];

    /// <summary>Creates the informers of all kinds and the view on them.</summary>
    public static ClusterView Observe(KubeClient client, OperatorOptions options, ILoggerFactory logs, TimeProvider time, LoopHealth? health = null)
    {
        var watched = new InformerOptions { Health = health };
        return new ClusterView(client, [.. All.Select(kind => kind.CreateInformer(client, watched, logs, time))], options, logs, time, health);
    }
}
