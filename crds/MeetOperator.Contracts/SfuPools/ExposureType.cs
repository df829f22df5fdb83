namespace MeetOperator.Contracts;

/// <summary>How media ports are opened to clients.</summary>
public enum ExposureType
{
    HostPort,
    HostNetwork,
}
