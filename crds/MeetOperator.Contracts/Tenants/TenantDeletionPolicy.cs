namespace MeetOperator.Contracts.Tenants;

/// <summary>Whether a tenant's namespace is kept or deleted with the tenant.</summary>
public enum TenantDeletionPolicy
{
    Retain,
    Delete,
}
