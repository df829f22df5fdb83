namespace MeetOperator.Contracts.Connectivity;

/// <summary>Whether participants may reach media nodes on tunnels: WebSockets through signaling.</summary>
public enum TunnelAccess
{
    Denied,

    /// <summary>Clients use tunnels when no other way works.</summary>
    LastResort,
}
