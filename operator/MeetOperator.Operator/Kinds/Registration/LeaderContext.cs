using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Metrics;
using MeetOperator.Operator.Quotas;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Registration;

/// <summary>What the kinds share while one replica leads. Created anew for each term.</summary>
internal sealed record LeaderContext
{
    public required ClusterView Cluster { get; init; }
    public required MediaFleet Fleet { get; init; }

    /// <summary>Each kind sets the callbacks for its own objects.</summary>
    public required FleetWakeups Wakeups { get; init; }
    public required NodeClients Clients { get; init; }
    public required NodePoller Poller { get; init; }
    public required DepartedNodes Departed { get; init; }
    public required ControlAuthority Authority { get; init; }
    public required QuotaLedger Quotas { get; init; }
    public required RelayLedger RelayUse { get; init; }
    public required MeetEvents Events { get; init; }
    public required OperatorMetrics Metrics { get; init; }
    public required LoopHealth Health { get; init; }
    public required OperatorOptions Options { get; init; }
    public required ILoggerFactory Logs { get; init; }
    public required TimeProvider Time { get; init; }
    public required Random Random { get; init; }
}
