namespace MeetOperator.Contracts;

/// <summary>Whether a tenant's namespace is kept or deleted with the tenant.</summary>
public enum TenantDeletionPolicy
{
    Retain,
    Delete,
}
