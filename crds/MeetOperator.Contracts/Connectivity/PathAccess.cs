namespace MeetOperator.Contracts.Connectivity;

/// <summary>Whether participants may reach media nodes in a certain way.</summary>
public enum PathAccess
{
    Allowed,
    Denied,
}
