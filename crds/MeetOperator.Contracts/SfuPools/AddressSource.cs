namespace MeetOperator.Contracts.SfuPools;

/// <summary>The source of the address that clients send media to.</summary>
public enum AddressSource
{
    NodeExternalIP,
    NodeInternalIP,
    PodIP,

    /// <summary>Deprecated alias of NodeInternalIP with the same meaning.</summary>
    HostIP,
    Static,
}
