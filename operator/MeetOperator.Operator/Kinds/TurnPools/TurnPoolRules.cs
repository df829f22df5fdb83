using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>What a pool of relays may not request: the operator creates Pods with permissions that the author of the pool may lack. Pure.</summary>
internal static class TurnPoolRules
{
    /// <summary>Relay ports of a tenant's pool, and of all its pools in the host network together. Pools of the installation have no such limit.</summary>
    public const int MaxTenantPorts = 4096;

    /// <summary>Pools of one tenant, and of the cluster. One Secret contains all of them, and signaling reads it as a whole.</summary>
    public const int MaxTenantPools = 16;
    public const int MaxPools = 256;
    private const string ListenersField = "spec.listeners";
    private const string RelayPortsField = "spec.relayPorts";

    /// <summary>Ports of cluster components: Ingress controllers, etcd, the API server, kubelet and other components of Kubernetes, and Services of type NodePort.</summary>
    private static readonly PortRange[] Reserved =
        [new() { Min = TurnListener.HttpsPort, Max = TurnListener.HttpsPort }, new() { Min = 2379, Max = 2380 }, new() { Min = 6443, Max = 6443 }, new() { Min = 10_248, Max = 10_260 }, new() { Min = 30_000, Max = 32_767 }];

    /// <param name="pool">The pool to check.</param>
    /// <param name="claims">What it is checked against.</param>
    /// <param name="options">The limits of the installation.</param>
    /// <returns>The reason why the pool may have no relays, or null.</returns>
    public static PoolRejection? FindRejection(TurnPool pool, TurnPoolClaims claims, OperatorOptions options) =>
        TurnPoolValidation.Validate(pool, null) is [var error, ..] ? new PoolRejection("Invalid", error.Field, error.Message)
        : !claims.IsShared && claims.Tenant?.Spec.Namespace != pool.Metadata.Namespace ? PoolRules.RejectNamespace(pool.Metadata.Namespace, options)
        : PoolRules.CheckExposure(pool.Spec.Exposure.Type, claims.IsShared ? null : claims.Tenant?.Spec.Pools, options.Pools)
            ?? (claims.IsShared ? null : CheckTenantPorts(pool, claims))
            ?? FindOverlap(pool, claims)
            ?? FindExcess(claims);

    private static PoolRejection? CheckTenantPorts(TurnPool pool, TurnPoolClaims claims)
    {
        var isHost = pool.Spec.Exposure.Type == ExposureType.HostNetwork;
        var ports = WidthOf(pool) + (isHost ? claims.HostRelayPorts : 0);
        if (ports > MaxTenantPorts)
        {
            return new PoolRejection("PortRangeTooWide", RelayPortsField, $"{ports} ports {(isHost ? "of the tenant's pools in the host network " : string.Empty)}exceed the limit for relays of a tenant; allowed: {MaxTenantPorts}");
        }

        return Reserved.FirstOrDefault(range => pool.Spec.Listeners.Any(one => one.Port >= range.Min && one.Port <= range.Max)) is { } taken
            ? new PoolRejection("PortReserved", ListenersField, $"{HostPortClaim.Text(taken)} {(taken.Min == taken.Max ? "is" : "are")} reserved for components of the cluster: choose another one")
            : isHost && Reserved.FirstOrDefault(range => pool.Spec.RelayPorts.Min <= range.Max && range.Min <= pool.Spec.RelayPorts.Max) is { } within
            ? new PoolRejection("PortReserved", RelayPortsField, $"{HostPortClaim.Text(within)} {(within.Min == within.Max ? "is" : "are")} reserved for components of the cluster: choose another range")
            : null;
    }

    private static PoolRejection? FindOverlap(TurnPool pool, TurnPoolClaims claims)
    {
        var own = HostPortClaim.Of(pool);
        foreach (var rival in claims.Rivals)
        {
            if (own.FindOverlap(rival) is { } range)
            {
                var whose = claims.IsShared || rival.Pool.Namespace == pool.Metadata.Namespace ? $"{rival.Kind} {rival.Pool}" : "a pool of another namespace";
                var field = pool.Spec.Listeners.Any(one => one.Port >= range.Min && one.Port <= range.Max) || pool.Spec.Exposure.Type != ExposureType.HostNetwork ? ListenersField : RelayPortsField;
                return new PoolRejection("PortRangeOverlaps", field, $"{HostPortClaim.Text(range)} {(range.Min == range.Max ? "belongs" : "belong")} to {whose}: choose other ports, or set spec.nodeSelector to cluster nodes that the other pool excludes");
            }
        }

        return null;
    }

    private static PoolRejection? FindExcess(TurnPoolClaims claims) =>
        !claims.IsShared && claims.EarlierInNamespace >= MaxTenantPools ? new PoolRejection(
            "TooManyPools", PoolRules.NamespaceField, $"the tenant has {MaxTenantPools} other TurnPools, which is the limit: delete one, or raise the number of relays of another one instead")
        : claims.Earlier >= MaxPools ? new PoolRejection(
            "TooManyPools", PoolRules.NamespaceField, $"the cluster has {MaxPools} other TurnPools, which is the limit: delete one, or raise the number of relays of another one instead")
        : null;

    public static int WidthOf(TurnPool pool) => pool.Spec.RelayPorts.Max - pool.Spec.RelayPorts.Min + 1;
}
