using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Fleet;

/// <summary>Callbacks for changes in the fleet; the controllers set them. They are called without a lock and must return immediately.</summary>
internal sealed class FleetWakeups
{
    public Action<NamespacedName> Meeting { get; set; } = static _ => { };
    public Action<NamespacedName> Node { get; set; } = static _ => { };
    public Action<NamespacedName> Pool { get; set; } = static _ => { };

    /// <summary>A node did not respond to a poll after it had responded to the one before.</summary>
    public Action NodeSilent { get; set; } = static () => { };

    /// <summary>A node can take meetings that it could not take before.</summary>
    public Action CapacityGrew { get; set; } = static () => { };
}
