using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.TurnPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnPoolRulesTests
{
    private static readonly TurnPool Pool = new() { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a", Uid = "1" } };

    private static string? Reason(TurnPool pool, bool isShared = false, string? tenant = "a", OperatorOptions? options = null) => TurnPoolRules.FindRejection(pool, isShared, tenant, options ?? new())?.Reason;

    [Fact]
    public void FindRejection_NamespaceOfTenantOrInstallation_IsAllowed() => Assert.Equal((null, null), (Reason(Pool), Reason(Pool, isShared: true, tenant: null)));

    [Fact]
    public void FindRejection_OtherNamespace_IsRejected() => Assert.Equal("NamespaceNotAllowed", Reason(Pool, tenant: null));

    [Fact]
    public void FindRejection_ExposureNotAllowed_IsRejected()
    {
        var pool = new TurnPool { Metadata = Pool.Metadata, Spec = new TurnPoolSpec { Exposure = new TurnExposure { Type = ExposureType.HostNetwork, AddressSource = AddressSource.NodeInternalIP } } };
        Assert.Equal("ExposureNotAllowed", Reason(pool, options: new OperatorOptions { Pools = new PoolLimits { Exposures = [ExposureType.HostPort] } }));
    }

    [Fact]
    public void FindRejection_InvalidSpec_IsRejected() =>
        Assert.Equal("Invalid", Reason(new TurnPool { Metadata = Pool.Metadata, Spec = new TurnPoolSpec { Listeners = [] } }));
}
