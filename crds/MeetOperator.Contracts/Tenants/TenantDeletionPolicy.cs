namespace MeetOperator.Contracts;

/// <summary>What becomes of a tenant's namespace when the tenant is deleted.</summary>
public enum TenantDeletionPolicy
{
    Retain,
    Delete,
}
