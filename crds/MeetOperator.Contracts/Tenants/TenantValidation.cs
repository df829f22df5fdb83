using System.Net;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Selectors;
using MeetOperator.Kube.Admission;

namespace MeetOperator.Contracts.Tenants;

/// <summary>C# counterpart of every CEL rule of a Tenant.</summary>
public static class TenantValidation
{
    internal const string NamespaceImmutable = "namespace is immutable: create a new tenant for another namespace";
    internal const string NamespaceReserved = "a tenant cannot own default or a namespace that starts with kube-";
    internal const string NotANetwork = "cidr must be a network without host bits, for example 10.20.0.0/16 or 2001:db8::/32";
    internal const string DefaultOutsideAllowed = "default must be one of the allowed regions";

    /// <summary>Returns all errors; empty when <paramref name="tenant"/> is valid. <paramref name="old"/> is null on create.</summary>
    public static IReadOnlyList<FieldError> Validate(Tenant tenant, Tenant? old)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        var errors = new List<FieldError>();
        var spec = tenant.Spec;
        if (old is not null && old.Spec.Namespace != spec.Namespace)
        {
            errors.Add(new("spec.namespace", NamespaceImmutable));
        }

        if (spec.Namespace == "default" || spec.Namespace.StartsWith("kube-", StringComparison.Ordinal))
        {
            errors.Add(new("spec.namespace", NamespaceReserved));
        }

        if (spec.Regions.Allowed.Count > 0 && spec.Regions.Default is { } first && !spec.Regions.Allowed.Contains(first))
        {
            errors.Add(new("spec.regions.default", DefaultOutsideAllowed));
        }

        if (spec.Connectivity.Rule.AllowsNothing)
        {
            errors.Add(new("spec.connectivity.turn", ConnectivityRule.RelayForcedAndDenied));
        }

        for (var i = 0; i < spec.Regions.Networks.Count; i++)
        {
            if (!IPNetwork.TryParse(spec.Regions.Networks[i].Cidr, out var network) || network.BaseAddress.IsIPv4MappedToIPv6)
            {
                errors.Add(new($"spec.regions.networks[{i}].cidr", NotANetwork));
            }
        }

        errors.AddRange(LabelSelectorMatch.Validate(spec.Pools.SfuSelector, "spec.pools.sfuSelector"));
        return errors;
    }
}
