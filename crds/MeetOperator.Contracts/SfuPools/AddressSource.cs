namespace MeetOperator.Contracts;

/// <summary>Where the address comes from that clients send media to.</summary>
public enum AddressSource
{
    NodeExternalIP,
    NodeInternalIP,
    PodIP,
    HostIP,
    Static,
}
