namespace MeetOperator.Contracts.SfuPools;

/// <summary>Whether media nodes have a TCP port for clients whose network lets no UDP through.</summary>
public enum TcpExposure
{
    /// <summary>The TCP port with the number of the node's last UDP port.</summary>
    Auto,

    /// <summary>None.</summary>
    None,
}
