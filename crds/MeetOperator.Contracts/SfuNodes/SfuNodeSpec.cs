using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What is wanted of one media node.</summary>
[CelRule("self.poolRef == oldSelf.poolRef", SfuNodeValidation.PoolImmutable, FieldPath = ".poolRef")]
[CelRule("self.udpPorts == oldSelf.udpPorts", SfuNodeValidation.PortsImmutable, FieldPath = ".udpPorts")]
public sealed record SfuNodeSpec
{
    /// <summary>The pool that the node belongs to, in the same namespace. Required; immutable.</summary>
    [RequiredField]
    public PoolReference PoolRef { get; init; } = new();

    /// <summary>UDP ports of the node, one a media loop, chosen by the operator from the pool's range. Required; immutable.</summary>
    [RequiredField]
    [MaxItems(64)]
    public IReadOnlyList<int> UdpPorts { get; init; } = [];

    /// <summary>True keeps new meetings away; running ones go on. Default false; mutable.</summary>
    [Default("false")]
    public bool Unschedulable { get; init; }

    /// <summary>When it was asked, in UTC, to empty the node for good; the node goes when it is empty. Optional; mutable, removing it stops the drain.</summary>
    public DateTimeOffset? DrainRequestedAt { get; init; }
}
