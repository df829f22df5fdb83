using MeetOperator.Kube;

namespace MeetOperator.Operator.Fleet;

/// <summary>Whom the fleet tells that something changed; the controllers put themselves in. Called under no lock, must return at once.</summary>
internal sealed class FleetWakeups
{
    public Action<NamespacedName> Meeting { get; set; } = static _ => { };
    public Action<NamespacedName> Node { get; set; } = static _ => { };
    public Action<NamespacedName> Pool { get; set; } = static _ => { };

    /// <summary>A node can take meetings that it could not take before.</summary>
    public Action CapacityGrew { get; set; } = static () => { };
}
