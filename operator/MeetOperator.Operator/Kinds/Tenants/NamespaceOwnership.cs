using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Kinds.Tenants;

/// <summary>Whether a tenant owns the namespace in its spec. Pure.</summary>
internal sealed record NamespaceOwnership(bool IsOwned, bool MustCreate, string Reason, string Message)
{
    /// <summary>True when the tenant does not own the namespace yet but will without intervention.</summary>
    public bool IsTransient { get; init; }

    /// <param name="tenant">The tenant that claims the namespace.</param>
    /// <param name="found">The namespace; null when it does not exist.</param>
    /// <param name="reserved">The installation's own namespaces, which no tenant may own.</param>
    public static NamespaceOwnership Evaluate(Tenant tenant, Namespace? found, params IReadOnlyList<string> reserved)
    {
        var (name, wanted) = (tenant.Metadata.Name!, tenant.Spec.Namespace);
        if (TenantValidation.Validate(tenant, null) is { Count: > 0 } errors)
        {
            return new NamespaceOwnership(false, false, "Invalid", string.Join("; ", errors));
        }

        if (reserved.Contains(wanted))
        {
            return new NamespaceOwnership(false, false, "NamespaceReserved", $"namespace {wanted} is reserved for the installation: create a tenant with another namespace");
        }

        if (found is null)
        {
            return new NamespaceOwnership(true, true, "NamespaceOwned", $"owns namespace {wanted}");
        }

        if (found.Metadata.DeletionTimestamp is not null)
        {
            return new NamespaceOwnership(false, false, "NamespaceTerminating", $"namespace {wanted} is being deleted and will be created again afterwards") { IsTransient = true };
        }

        var owner = found.Metadata.Labels?.TryGetValue(MeetLabels.Tenant, out var label) == true ? label : null;
        if (owner == name)
        {
            return new NamespaceOwnership(true, false, "NamespaceOwned", $"owns namespace {wanted}");
        }

        return new NamespaceOwnership(false, false, "NamespaceForeign", owner is null
            ? $"namespace {wanted} already exists: to assign it to the tenant, run kubectl label namespace {wanted} {MeetLabels.Tenant}={name}"
            : $"namespace {wanted} belongs to tenant {owner}: create a tenant with another namespace");
    }
}
