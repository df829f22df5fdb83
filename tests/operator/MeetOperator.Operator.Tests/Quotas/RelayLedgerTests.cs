using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Quotas;
using MeetOperator.Testing;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Tests.Quotas;

public sealed class RelayLedgerTests
{
    private readonly ManualTime _time = new();
    private readonly RelayLedger _ledger;

    public RelayLedgerTests()
    {
        _ledger = new RelayLedger(_time);
        _time.Advance(TimeSpan.FromSeconds(10));
    }

    private static TenantTraffic Use(string tenant, int allocations, long bytes = 0) => new() { Tenant = TurnTenant.HashOf(tenant), Allocations = allocations, RelayedBytes = bytes };

    [Fact]
    public void Of_TwoTenantsOnTwoRelays_SumsEachOfThem()
    {
        _ledger.Record("r1", [Use("a", 3), Use("b", 5)], owner: null);
        _ledger.Record("r2", [Use("a", 4)], owner: null);
        Assert.Equal((7, 5, 0), (_ledger.Of("a")!.Value.Allocations, _ledger.Of("b")!.Value.Allocations, _ledger.Of("c")!.Value.Allocations));
        _ledger.Record("r1", [Use("b", 1)], owner: null);
        Assert.Equal((4, 1), (_ledger.Of("a")!.Value.Allocations, _ledger.Of("b")!.Value.Allocations));
        _ledger.Remove("r2");
        Assert.Equal(0, _ledger.Of("a")!.Value.Allocations);
    }

    /// <summary>8 Mbit in 10 s from each of two relays.</summary>
    [Fact]
    public void Of_Bytes_GiveTheRateAndARestartOfTheRelayNone()
    {
        _ledger.Record("r1", [Use("a", 1, 5_000)], owner: null);
        _ledger.Record("r2", [Use("a", 1)], owner: null);
        _time.Advance(TimeSpan.FromSeconds(10));
        _ledger.Record("r1", [Use("a", 1, 10_005_000)], owner: null);
        _ledger.Record("r2", [Use("a", 1, 10_000_000)], owner: null);
        Assert.Equal(16, _ledger.Of("a")!.Value.Mbps);
        _ledger.Record("r1", [Use("a", 1, 0)], owner: null);
        Assert.Equal(8, _ledger.Of("a")!.Value.Mbps);
    }

    [Fact]
    public void Record_Bytes_CountFromTheFirstReportOn()
    {
        Dictionary<string, long> forwarded = [];
        var ledger = new RelayLedger(_time, (tenant, bytes) => forwarded[tenant] = forwarded.GetValueOrDefault(tenant) + bytes);
        ledger.Record("r1", [Use("a", 1, 5_000)], owner: null);
        Assert.Empty(forwarded);
        ledger.Record("r1", [Use("a", 1, 7_000), Use("b", 1, 300)], owner: null);
        ledger.Record("r2", [], owner: null);
        ledger.Record("r2", [Use("a", 1, 10)], owner: null);
        ledger.Record("r1", [Use("b", 1, 300)], owner: null); // others have more allocations than a
        ledger.Record("r1", [Use("a", 1, 7_000), Use("b", 1, 300)], owner: null);
        ledger.Record("r1", [Use("a", 1, 400), Use("b", 1, -1)], owner: null); // it has started again
        ledger.Record("r1", [Use("a", 1, 500), Use("b", 1, 20)], owner: null);
        Assert.Equal((2_000 + 10 + 400 + 100, 300 + 20), (forwarded[TurnTenant.HashOf("a")], forwarded[TurnTenant.HashOf("b")]));
    }

    /// <summary>Who owns the namespace of a relay can make it report anything.</summary>
    [Fact]
    public void Record_RelayOfATenantThatLies_CountsForThisTenantOnly()
    {
        _ledger.Record("r1", [Use("a", 2), Use("b", 1_000_000), Use("a", -5, -5)], owner: "a");
        _ledger.Record("r2", [Use("b", 1_000_000)], owner: string.Empty);
        Assert.Equal(0, _ledger.Of("b")!.Value.Allocations);
        Assert.InRange(_ledger.Of("a")!.Value.Allocations, 0, 2);
    }

    [Fact]
    public void Record_OlderRelay_CountsForNobody()
    {
        _ledger.Record("r1", null, owner: null);
        Assert.Equal(default, _ledger.Of("a")!.Value);
    }

    /// <summary>Otherwise a change of the leader would set every tenant's usage to zero, and a quota would let everybody through.</summary>
    [Fact]
    public void Of_NewLeader_KnowsNothingYet()
    {
        var ledger = new RelayLedger(_time);
        ledger.Record("r1", [Use("a", 3)], owner: null);
        Assert.Null(ledger.Of("a"));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(3, ledger.Of("a")!.Value.Allocations);
    }

    [Theory]
    [InlineData(null, 1_000, false)]
    [InlineData(10, 9, false)]
    [InlineData(10, 10, true)]
    [InlineData(10, 11, true)]
    public void FindProblem_Quota_IsReachedFromItsNumberOn(int? quota, int used, bool isReached)
    {
        var problem = RelayQuota.FindProblem(new TenantQuotas { TurnAllocations = quota }, new TenantUsage { TurnAllocations = used });
        Assert.Equal(isReached, problem is not null);
        Assert.True(problem is null || problem.Message.Contains("spec.quotas.turnAllocations", StringComparison.Ordinal));
    }
}
