namespace MeetOperator.Contracts;

/// <summary>Where the address comes from that clients send media to.</summary>
public enum AddressSource
{
    NodeExternalIP,
    NodeInternalIP,
    PodIP,

    /// <summary>Former name of NodeInternalIP: still read, and the same.</summary>
    HostIP,
    Static,
}
