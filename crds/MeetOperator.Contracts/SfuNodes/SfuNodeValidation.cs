using MeetOperator.Kube.Admission;

namespace MeetOperator.Contracts.SfuNodes;

/// <summary>C# counterpart of every CEL rule of an SfuNode.</summary>
public static class SfuNodeValidation
{
    internal const string PoolImmutable = "poolRef is immutable: the operator creates nodes, so scale the pool instead";
    internal const string PortsImmutable = "udpPorts is immutable: delete the node and the operator creates another";
    internal const string ControlPortImmutable = "controlPort is immutable: delete the node and the operator creates another";
    internal const string TcpPortImmutable = "tcpPort is immutable: change the pool's exposure.tcpPort and the operator replaces its nodes";
    internal const string NetworkImmutable = "hostNetwork is immutable: change the pool's exposure.type and the operator replaces its nodes";

    /// <summary>Returns all errors; empty when <paramref name="node"/> is valid. <paramref name="old"/> is null on create.</summary>
    public static IReadOnlyList<FieldError> Validate(SfuNode node, SfuNode? old)
    {
        ArgumentNullException.ThrowIfNull(node);
        var errors = new List<FieldError>();
        if (old is not null && old.Spec.PoolRef != node.Spec.PoolRef)
        {
            errors.Add(new("spec.poolRef", PoolImmutable));
        }

        if (old is not null && !old.Spec.UdpPorts.SequenceEqual(node.Spec.UdpPorts))
        {
            errors.Add(new("spec.udpPorts", PortsImmutable));
        }

        if (old is not null && old.Spec.ControlPort != node.Spec.ControlPort)
        {
            errors.Add(new("spec.controlPort", ControlPortImmutable));
        }

        if (old is not null && old.Spec.TcpPort != node.Spec.TcpPort)
        {
            errors.Add(new("spec.tcpPort", TcpPortImmutable));
        }

        if (old is not null && old.Spec.HostNetwork != node.Spec.HostNetwork)
        {
            errors.Add(new("spec.hostNetwork", NetworkImmutable));
        }

        return errors;
    }
}
