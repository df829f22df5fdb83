namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>An address of a media node, as its status has it.</summary>
/// <param name="Address">The IP address.</param>
/// <param name="Origin">Who says that the media node has it.</param>
internal sealed record TurnPeer(string Address, PeerOrigin Origin);

/// <summary>Who says that a media node has an address.</summary>
internal enum PeerOrigin
{
    /// <summary>The kubelet or the cluster node of its Pod.</summary>
    Cluster,

    /// <summary>The author of an SfuPool of the installation.</summary>
    Installation,

    /// <summary>The author of an SfuPool in the namespace of the relays.</summary>
    OwnTenant,

    /// <summary>The author of an SfuPool of a tenant to whom the relays do not belong.</summary>
    OtherTenant,
}
