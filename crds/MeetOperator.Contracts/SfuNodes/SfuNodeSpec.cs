using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What is wanted of one media node.</summary>
[CelRule("self.poolRef == oldSelf.poolRef", SfuNodeValidation.PoolImmutable, FieldPath = ".poolRef")]
[CelRule("self.udpPorts == oldSelf.udpPorts", SfuNodeValidation.PortsImmutable, FieldPath = ".udpPorts")]
[CelRule("self.controlPort == oldSelf.controlPort", SfuNodeValidation.ControlPortImmutable, FieldPath = ".controlPort")]
[CelRule("self.hostNetwork == oldSelf.hostNetwork", SfuNodeValidation.NetworkImmutable, FieldPath = ".hostNetwork")]
public sealed record SfuNodeSpec
{
    /// <summary>The pool that the node belongs to, in the same namespace. Required; immutable.</summary>
    [RequiredField]
    public PoolReference PoolRef { get; init; } = new();

    /// <summary>UDP ports of the node, one a media loop, chosen by the operator from the pool's range. Required; immutable.</summary>
    [RequiredField]
    [MaxItems(64)]
    public IReadOnlyList<int> UdpPorts { get; init; } = [];

    /// <summary>TCP port of the node's control interface, 1024 to 65535; on the cluster node's network the number of its first UDP port. Default 8090; immutable.</summary>
    [Range(1024, 65_535)]
    [Default("8090")]
    public int ControlPort { get; init; } = 8090;

    /// <summary>True when the node's Pod is in the cluster node's own network, as its pool said when it was made. Default false; immutable.</summary>
    [Default("false")]
    public bool HostNetwork { get; init; }

    /// <summary>True keeps new meetings away; running ones go on. Default false; mutable.</summary>
    [Default("false")]
    public bool Unschedulable { get; init; }

    /// <summary>Empties the node for good; it goes when its own report names nobody any more. Optional; mutable, removing it stops the drain.</summary>
    public SfuNodeDrain? Drain { get; init; }

    /// <summary>Deprecated: use drain. The operator turns it into drain and keeps the time in status.drainRequestedAt. Optional; mutable.</summary>
    public DateTimeOffset? DrainRequestedAt { get; init; }
}
