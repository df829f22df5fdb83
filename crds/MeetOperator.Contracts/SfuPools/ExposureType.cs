namespace MeetOperator.Contracts.SfuPools;

/// <summary>How media ports are exposed to clients.</summary>
public enum ExposureType
{
    HostPort,
    HostNetwork,
}
