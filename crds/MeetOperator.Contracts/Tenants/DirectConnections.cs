namespace MeetOperator.Contracts.Tenants;

/// <summary>Whether media of a tenant's meetings may flow directly between participants.</summary>
public enum DirectConnections
{
    Allowed,
    Denied,
}
