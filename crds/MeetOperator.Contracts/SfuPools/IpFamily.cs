namespace MeetOperator.Contracts.SfuPools;

/// <summary>The family of an IP address, named as in a Kubernetes Service.</summary>
public enum IpFamily
{
    IPv4,
    IPv6,
}
