using MeetOperator.Contracts.Connectivity;
using MeetOperator.Operator.Kinds.Meetings;

namespace MeetOperator.Operator.Tests.Meetings;

/// <summary>Settings that leave participants no way to a media node.</summary>
public sealed class ReachRulesTests
{
    private static readonly ConnectivityRule Free = new();
    private static readonly ConnectivityRule RelayOnly = new() { ForceRelay = true };
    private static readonly ConnectivityRule NoRelays = new() { Turn = PathAccess.Denied };

    [Fact]
    public void Find_NothingForced_IsNoProblem()
    {
        Assert.Null(Find(Free, Free, hasRelay: false));
        Assert.Null(Find(NoRelays, new ConnectivityRule { Tcp = PathAccess.Denied }, hasRelay: false));
    }

    [Fact]
    public void Find_RelayForcedAndReady_IsNoProblem() => Assert.Null(Find(RelayOnly, RelayOnly, hasRelay: true));

    [Theory]
    [InlineData(true, "tenant acme allows relays only (connectivity.forceRelay)")]
    [InlineData(false, "SfuPool meet-eu/pool allows relays only (connectivity.forceRelay)")]
    public void Find_RelayForcedWithoutRelay_NamesWhoForcesIt(bool isTenant, string expected)
    {
        var problem = Find(isTenant ? RelayOnly : Free, isTenant ? Free : RelayOnly, hasRelay: false);

        Assert.Equal("NoRelay", problem?.Reason);
        Assert.Contains(expected, problem!.Value.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "tenant acme allows relays only (connectivity.forceRelay), and SfuPool meet-eu/pool denies them (connectivity.turn)")]
    [InlineData(false, "SfuPool meet-eu/pool allows relays only (connectivity.forceRelay), and tenant acme denies them (connectivity.turn)")]
    public void Find_ForcedByOneAndDeniedByTheOther_NamesBoth(bool isTenant, string expected)
    {
        var problem = Find(isTenant ? RelayOnly : NoRelays, isTenant ? NoRelays : RelayOnly, hasRelay: true);

        Assert.Equal("RelaysDenied", problem?.Reason);
        Assert.Contains(expected, problem!.Value.Message, StringComparison.Ordinal);
    }

    private static (string Reason, string Message)? Find(ConnectivityRule ofTenant, ConnectivityRule ofPool, bool hasRelay) => ReachRules.Find("acme", ofTenant, "meet-eu/pool", ofPool, hasRelay);
}
