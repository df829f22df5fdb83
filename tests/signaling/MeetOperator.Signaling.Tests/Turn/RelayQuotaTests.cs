using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Turn;

namespace MeetOperator.Signaling.Tests.Turn;

public sealed class RelayQuotaTests
{
    private static readonly DateTimeOffset Reached = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static Tenant With(int? quota, int used, bool hasCondition = true, bool hasStatus = true) => new()
    {
        Metadata = new ObjectMeta { Name = "a" },
        Spec = new TenantSpec { Namespace = "meet-a", Quotas = new TenantQuotas { TurnAllocations = quota } },
        Status = !hasStatus ? null : new TenantStatus
        {
            Usage = new TenantUsage { TurnAllocations = used },
            Conditions = hasCondition ? [new Condition { Type = MeetConditions.RelayQuotaReached, Status = ConditionStatus.True, Reason = "QuotaReached", LastTransitionTime = Reached }] : [],
        },
    };

    [Fact]
    public void Allows_QuotaReached_OnlyThoseWhoHaveRelaysOrWereThereBefore()
    {
        var tenant = With(10, 10);
        Assert.True(RelayQuota.IsReached(tenant));
        Assert.False(RelayQuota.Allows(tenant, Reached.AddSeconds(1), hasRelays: false));
        Assert.False(RelayQuota.Allows(tenant, Reached, hasRelays: false));
        Assert.True(RelayQuota.Allows(tenant, Reached.AddSeconds(1), hasRelays: true));
        Assert.True(RelayQuota.Allows(tenant, Reached.AddSeconds(-1), hasRelays: false));
    }

    /// <summary>A quota that was raised or removed applies before the operator has compared it.</summary>
    [Theory]
    [InlineData(null, 10, true)]
    [InlineData(11, 10, true)]
    [InlineData(10, 9, true)]
    [InlineData(10, 10, false)]
    public void Allows_QuotaNotReached_Everybody(int? quota, int used, bool hasCondition)
    {
        var tenant = With(quota, used, hasCondition);
        Assert.False(RelayQuota.IsReached(tenant));
        Assert.True(RelayQuota.Allows(tenant, Reached.AddHours(1), hasRelays: false));
    }

    [Fact]
    public void Allows_TenantWithoutStatus_Everybody() => Assert.True(RelayQuota.Allows(With(1, 1, hasStatus: false), Reached, hasRelays: false));
}
