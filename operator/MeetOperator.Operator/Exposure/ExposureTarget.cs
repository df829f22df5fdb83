using System.Net;
using MeetOperator.Kube.Metadata;
using MeetOperator.Stun;

namespace MeetOperator.Operator.Exposure;

/// <summary>An address and port at which clients reach a member of a pool.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Member">Name of the media node; empty for relays, whose addresses belong to the pool.</param>
/// <param name="Server">The address and port.</param>
/// <param name="Transport">How clients reach it.</param>
/// <param name="Host">The name for TLS; null without TLS.</param>
/// <param name="Machine">The cluster node that has this address as its external one; null when none has, for example an address of a NAT or load balancer, behind which anything may answer.</param>
internal sealed record ExposureTarget(NamespacedName Pool, string Member, IPEndPoint Server, StunTransport Transport, string? Host = null, string? Machine = null)
{
    public bool IsUdp => Transport == StunTransport.Udp;

    /// <summary>As messages name it.</summary>
    public override string ToString() => $"{Server}/{(IsUdp ? "udp" : "tcp")}{(Member.Length == 0 ? string.Empty : $" of {Member}")}";
}
