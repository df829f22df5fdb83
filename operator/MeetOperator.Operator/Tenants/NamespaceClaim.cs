using MeetOperator.Contracts;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Tenants;

/// <summary>Whether a tenant owns the namespace that it names. Pure.</summary>
internal sealed record NamespaceClaim(bool Owned, bool Make, string Reason, string Message)
{
    /// <summary>Not owned yet, and will be without anybody doing something.</summary>
    public bool Waits { get; init; }

    /// <param name="tenant">Who claims.</param>
    /// <param name="found">The namespace; null when it does not exist.</param>
    /// <param name="reserved">The installation's own namespaces, which no tenant may have.</param>
    public static NamespaceClaim Judge(Tenant tenant, Namespace? found, params IReadOnlyList<string> reserved)
    {
        var (name, wanted) = (tenant.Metadata.Name!, tenant.Spec.Namespace);
        if (TenantValidation.Validate(tenant, null) is { Count: > 0 } errors)
        {
            return new NamespaceClaim(false, false, "Invalid", string.Join("; ", errors));
        }

        if (reserved.Contains(wanted))
        {
            return new NamespaceClaim(false, false, "NamespaceReserved", $"namespace {wanted} is the installation's own: create a tenant with another namespace");
        }

        if (found is null)
        {
            return new NamespaceClaim(true, true, "NamespaceOwned", $"owns namespace {wanted}");
        }

        if (found.Metadata.DeletionTimestamp is not null)
        {
            return new NamespaceClaim(false, false, "NamespaceTerminating", $"namespace {wanted} is being deleted; it is made again when it is gone") { Waits = true };
        }

        var owner = found.Metadata.Labels?.TryGetValue(MeetLabels.Tenant, out var label) == true ? label : null;
        if (owner == name)
        {
            return new NamespaceClaim(true, false, "NamespaceOwned", $"owns namespace {wanted}");
        }

        return new NamespaceClaim(false, false, "NamespaceForeign", owner is null
            ? $"namespace {wanted} existed before: to hand it over, run kubectl label namespace {wanted} {MeetLabels.Tenant}={name}"
            : $"namespace {wanted} belongs to tenant {owner}: create a tenant with another namespace");
    }
}
