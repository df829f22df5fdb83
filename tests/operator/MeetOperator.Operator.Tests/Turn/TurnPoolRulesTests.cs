using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.TurnPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnPoolRulesTests
{
    private static readonly TurnPoolSpec HostNetwork = new() { Exposure = new TurnExposure { Type = ExposureType.HostNetwork, AddressSource = AddressSource.NodeInternalIP } };

    private static TurnPool Pool(TurnPoolSpec? spec = null) => new() { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a", Uid = "1" }, Spec = spec ?? new TurnPoolSpec() };

    private static Tenant Tenant(TenantPools? limits = null) => new() { Metadata = new ObjectMeta { Name = "a" }, Spec = new TenantSpec { Namespace = "meet-a", Pools = limits ?? new TenantPools() } };

    private static TurnPoolClaims OfTenant => new() { Tenant = Tenant() };

    private static TurnPoolClaims OfInstallation => new() { IsShared = true };

    private static PoolRejection? Find(TurnPoolSpec? spec, TurnPoolClaims claims, OperatorOptions? options = null) => TurnPoolRules.FindRejection(Pool(spec), claims, options ?? new());

    private static HostPortClaim Rival(string kind, string @namespace, int min, int max, params (string Key, string Value)[] labels) =>
        new(kind, new NamespacedName(@namespace, "other"), [new PortRange { Min = min, Max = max }], labels.ToDictionary(label => label.Key, label => label.Value));

    [Fact]
    public void FindRejection_NamespaceOfTenantOrInstallation_IsAllowed() => Assert.Equal((null, null), (Find(null, OfTenant), Find(null, OfInstallation)));

    [Fact]
    public void FindRejection_OtherNamespace_IsRejected() => Assert.Equal("NamespaceNotAllowed", Find(null, new TurnPoolClaims())?.Reason);

    [Fact]
    public void FindRejection_ExposureNotAllowedByInstallation_IsRejected() =>
        Assert.Equal("ExposureNotAllowed", Find(HostNetwork, OfInstallation, new OperatorOptions { Pools = new PoolLimits { Exposures = [ExposureType.HostPort] } })?.Reason);

    [Fact]
    public void FindRejection_ExposureNotAllowedByTenant_IsRejectedWithFix()
    {
        var claims = new TurnPoolClaims { Tenant = Tenant(new TenantPools { AllowedExposures = [ExposureType.HostPort] }) };
        Assert.Equal(("ExposureNotAllowed", "spec.exposure.type: HostNetwork is not allowed here; allowed: HostPort (spec.pools.allowedExposures of the Tenant)"), (Find(HostNetwork, claims)?.Reason, Find(HostNetwork, claims)?.Failure.Message));
        Assert.Null(Find(null, claims));
    }

    [Fact]
    public void FindRejection_InvalidSpec_IsRejected() => Assert.Equal("Invalid", Find(new TurnPoolSpec { Listeners = [] }, OfTenant)?.Reason);

    [Theory]
    [InlineData(53_247, false)]
    [InlineData(53_248, true)]
    public void FindRejection_RelayPortsOfTenant_AreLimited(int max, bool isRejected)
    {
        var spec = new TurnPoolSpec { RelayPorts = new PortRange { Min = 49_152, Max = max } };
        Assert.Equal(isRejected ? "PortRangeTooWide" : null, Find(spec, OfTenant)?.Reason);
        Assert.Null(Find(spec, OfInstallation));
    }

    [Fact]
    public void FindRejection_RelayPortsInHostNetwork_AreLimitedForAllPoolsOfTenant()
    {
        Assert.Null(Find(HostNetwork, OfTenant));
        Assert.Contains("4097 ports of the tenant's pools in the host network exceed", Find(HostNetwork, OfTenant with { HostRelayPorts = 1 })!.Message, StringComparison.Ordinal);
        Assert.Null(Find(null, OfTenant with { HostRelayPorts = 1 }));
    }

    [Theory]
    [InlineData(2379)]
    [InlineData(6443)]
    [InlineData(10_250)]
    [InlineData(30_000)]
    [InlineData(32_767)]
    public void FindRejection_ListenerOfTenantAtPortOfTheCluster_IsRejected(int port)
    {
        var spec = new TurnPoolSpec { Listeners = [new TurnListener { Protocol = TurnProtocol.UDP, Port = port }] };
        Assert.Equal(("PortReserved", "spec.listeners"), (Find(spec, OfTenant)?.Reason, Find(spec, OfTenant)?.Field));
        Assert.Null(Find(spec, OfInstallation));
    }

    /// <summary>It would take the place of the Ingress on the cluster nodes.</summary>
    [Fact]
    public void FindRejection_HttpsPortOfTenant_IsRejected()
    {
        var spec = new TurnPoolSpec { Listeners = [new TurnListener { Protocol = TurnProtocol.UDP }, new TurnListener { Protocol = TurnProtocol.TLS, Port = 443 }], Tls = new TurnTls { SecretName = "relay-tls" } };
        Assert.Equal(("PortReserved", "spec.listeners"), (Find(spec, OfTenant)?.Reason, Find(spec, OfTenant)?.Field));
        Assert.Null(Find(spec, OfInstallation));
    }

    [Fact]
    public void FindRejection_RelayPortsOfTenantAtPortsOfTheCluster_AreRejectedInHostNetwork()
    {
        var ports = new PortRange { Min = 10_000, Max = 10_300 };
        Assert.Equal("spec.relayPorts", Find(HostNetwork with { RelayPorts = ports }, OfTenant)?.Field);
        Assert.Null(Find(new TurnPoolSpec { RelayPorts = ports }, OfTenant));
    }

    [Theory]
    [InlineData("SfuPool", "meet-a", "spec.listeners: ports 3400-3500 belong to SfuPool meet-a/other: choose other ports")]
    [InlineData("TurnPool", "meet-b", "spec.listeners: ports 3400-3500 belong to a pool of another namespace: choose other ports")]
    public void FindRejection_ListenerAtPortsOfAnotherPool_IsRejectedWithFix(string kind, string @namespace, string expected)
    {
        var rejection = Find(null, OfTenant with { Rivals = [Rival(kind, @namespace, 3400, 3500)] })!;
        Assert.Equal("PortRangeOverlaps", rejection.Reason);
        Assert.StartsWith(expected, rejection.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindRejection_RelayPortsAtPortsOfAnotherPool_AreRejectedInHostNetwork()
    {
        var claims = OfTenant with { Rivals = [Rival("SfuPool", "meet-a", 50_000, 50_063)] };
        Assert.Equal(("PortRangeOverlaps", "spec.relayPorts"), (Find(HostNetwork, claims)?.Reason, Find(HostNetwork, claims)?.Field));
        Assert.Null(Find(null, claims));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("b", false)]
    public void FindRejection_PortsOfPoolOnOtherClusterNodes_AreFree(string zone, bool isRejected)
    {
        var spec = new TurnPoolSpec { NodeSelector = new Dictionary<string, string> { ["zone"] = zone, ["edge"] = "true" } };
        Assert.Equal(isRejected ? "PortRangeOverlaps" : null, Find(spec, OfTenant with { Rivals = [Rival("TurnPool", "meet-b", 3478, 3478, ("zone", "a"))] })?.Reason);
    }

    [Fact]
    public void FindRejection_TooManyPools_AreRejectedWithFix()
    {
        Assert.Null(Find(null, OfTenant with { EarlierInNamespace = 15, Earlier = 255 }));
        Assert.Contains("the tenant has 16 other TurnPools", Find(null, OfTenant with { EarlierInNamespace = 16, Earlier = 16 })!.Message, StringComparison.Ordinal);
        Assert.Equal("TooManyPools", Find(null, OfInstallation with { Earlier = 256 })?.Reason);
        Assert.Null(Find(null, OfInstallation with { EarlierInNamespace = 16, Earlier = 16 }));
    }
}
