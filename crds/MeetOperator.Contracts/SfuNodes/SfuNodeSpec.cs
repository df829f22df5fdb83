using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuNodes;

/// <summary>Desired state of one media node.</summary>
[CelRule("self.poolRef == oldSelf.poolRef", SfuNodeValidation.PoolImmutable, FieldPath = ".poolRef")]
[CelRule("self.udpPorts == oldSelf.udpPorts", SfuNodeValidation.PortsImmutable, FieldPath = ".udpPorts")]
[CelRule("self.controlPort == oldSelf.controlPort", SfuNodeValidation.ControlPortImmutable, FieldPath = ".controlPort")]
[CelRule("self.tcpPort == oldSelf.tcpPort", SfuNodeValidation.TcpPortImmutable, FieldPath = ".tcpPort")]
[CelRule("self.hostNetwork == oldSelf.hostNetwork", SfuNodeValidation.NetworkImmutable, FieldPath = ".hostNetwork")]
public sealed record SfuNodeSpec
{
    /// <summary>The pool that the node belongs to, in the same namespace. Required; immutable.</summary>
    [RequiredField]
    public PoolReference PoolRef { get; init; } = new();

    /// <summary>UDP ports of the node, one per media loop, chosen by the operator from the pool's range. Required; immutable.</summary>
    [RequiredField]
    [MaxItems(64)]
    public IReadOnlyList<int> UdpPorts { get; init; } = [];

    /// <summary>TCP port of the node's control interface, 1024 to 65535. In the host network it has the number of the node's first UDP port. Default 8090; immutable.</summary>
    [Range(1024, 65_535)]
    [Default("8090")]
    public int ControlPort { get; init; } = 8090;

    /// <summary>TCP port for media, 0 to 65535, chosen by the operator: the number of the node's last UDP port, or 0 for none. Default 0; immutable.</summary>
    [Range(0, 65_535)]
    [Default("0")]
    public int TcpPort { get; init; }

    /// <summary>Whether the node's Pod uses the host network, copied from the pool when the node is created. Default false; immutable.</summary>
    [Default("false")]
    public bool HostNetwork { get; init; }

    /// <summary>When true, the node accepts no new meetings; its current meetings continue. Default false; mutable.</summary>
    [Default("false")]
    public bool Unschedulable { get; init; }

    /// <summary>Drains the node. It is deleted once its own report shows no participants. Optional; mutable. Removing it cancels the drain.</summary>
    public SfuNodeDrain? Drain { get; init; }

    /// <summary>Deprecated: use drain. The operator converts it to drain and keeps the time in status.drainRequestedAt. Optional; mutable.</summary>
    public DateTimeOffset? DrainRequestedAt { get; init; }
}
