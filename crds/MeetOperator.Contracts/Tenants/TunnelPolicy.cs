namespace MeetOperator.Contracts.Tenants;

/// <summary>Whether the media of participants may pass through signaling, on a WebSocket.</summary>
public enum TunnelPolicy
{
    Denied,
    LastResort,
}
