using System.Text.Json;
using MeetOperator.NodeControl;
using MeetOperator.Testing;
using MeetOperator.Turn.Coturn;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Tests;

/// <summary>Allocations and bytes of tenants, from lines of coturn 4.6.1 and 4.18.0.</summary>
public sealed class TenantCountsTests
{
    private const string North = "0123456789abcdef";
    private const string South = "fedcba9876543210";
    private readonly ManualTime _time = new();
    private readonly TenantCounts _counts;
    private readonly CoturnLog _log;

    public TenantCountsTests()
    {
        _counts = new TenantCounts(_time);
        _log = new CoturnLog(_counts, _time);
    }

    private static string User(string tenant) => $"1796151568:{tenant}:62c66a7a5dd70c31:148de9c5a7a44d19";

    private static string Line(int session, string text, bool isLater = false) => isLater
        ? $"2026-11-30T19:01:05.059+0000 INFO {text} (session {session:D18})"
        : $"2: : session {session:D18}: {text["allocation ".Length..]}";

    private static string Kept(int session, string user, bool isLater = false, string how = "new", int seconds = 600) => Line(session, $"allocation {how}, realm=<meet>, username=<{user}>, lifetime={seconds}", isLater);

    private static string Deleted(int session, string user, bool isLater = false) => Line(session, $"allocation delete: realm=<meet>, username=<{user}>", isLater);

    private static string Usage(string user) => $"6: : session 000000000000000002: peer usage: realm=<meet>, username=<{user}>, rp=20, rb=2000, sp=20, sb=2000";

    private (string Tenant, int Allocations, long Bytes)[] Read(int sockets = 100) => [.. _counts.Read(sockets).Select(each => (each.Tenant, each.Allocations, each.RelayedBytes))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_AllocationsOfTwoTenants_AreCountedUntilTheyEnd(bool isLater)
    {
        _log.Read(Kept(1, User(North), isLater));
        _log.Read(Kept(2, User(North), isLater));
        _log.Read(Kept(3, User(South), isLater));
        _log.Read(Kept(1, User(North), isLater, how: "refreshed"));
        Assert.Equal([(North, 2, 0), (South, 1, 0)], Read());
        _log.Read(Deleted(2, User(North), isLater));
        _log.Read(Kept(3, User(South), isLater, how: "refreshed", seconds: 0));
        Assert.Equal([(North, 1, 0)], Read());
    }

    [Fact]
    public void Read_RelayedBytes_AreThoseOfTheTenant()
    {
        _log.Read(Usage(User(North)));
        _log.Read(Usage(User(North)));
        _log.Read(Usage("1796151568:62c66a7a5dd70c31:148de9c5a7a44d19"));
        Assert.Equal([(North, 0, 8000)], Read());
        Assert.Equal(12_000, _log.RelayedBytes);
    }

    /// <summary>Credentials of earlier versions, of the agent's probe and of other clients.</summary>
    [Theory]
    [InlineData("1796151568:62c66a7a5dd70c31:148de9c5a7a44d19")]
    [InlineData("1796151568:probe")]
    [InlineData("1796151568")]
    [InlineData("")]
    [InlineData("1796151568:0123456789ABCDEF:m:p")]
    [InlineData("1796151568:0123456789abcde:m:p")]
    [InlineData("1796151568:0123456789abcdef:m:p:q")]
    [InlineData("x:0123456789abcdef:m:p")]
    public void Read_NameWithoutTenant_CountsForNone(string user)
    {
        _log.Read(Kept(1, user));
        _log.Read(Usage(user));
        Assert.Empty(Read());
    }

    /// <summary>Text of a client hides the lines after it, so the end of an allocation may not be read.</summary>
    [Fact]
    public void Read_EndWasHidden_IsForgottenWhenCoturnHasFewerSockets()
    {
        _log.Read(Kept(1, User(North)));
        _time.Advance(TimeSpan.FromSeconds(1));
        _log.Read(Kept(2, User(South)));
        _log.Read("1: : ERROR: check_stun_auth: wrong username: a");
        _log.Read(Deleted(1, User(North)));
        Assert.Equal(2, Read(sockets: 1).Length); // the sockets may be those of a moment ago
        Assert.Equal([(South, 1, 0)], Read(sockets: 1));
    }

    [Fact]
    public void Read_NothingReadForLongerThanItsLifetime_IsForgotten()
    {
        _log.Read(Kept(1, User(North)));
        _time.Advance(TimeSpan.FromSeconds(629));
        Assert.Single(Read());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(Read());
    }

    /// <summary>Forged lines would need line feeds in text of a client, after which nothing counts.</summary>
    [Fact]
    public void Read_AfterTextOfClient_CountsNothing()
    {
        _log.Read("1: : ERROR: check_stun_auth: wrong username: a");
        _log.Read(Kept(1, User(North)));
        _log.Read(Usage(User(North)));
        Assert.Empty(Read());
    }

    /// <summary>The operator reads 64 KiB.</summary>
    [Fact]
    public void Read_MoreTenantsThanAReportHas_KeepsThoseWithMostAndStaysSmall()
    {
        for (var i = 0; i < 2_000; i++)
        {
            var tenant = i.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
            _log.Read(Kept(i, User(tenant)));
            for (var n = 0; n < 2; n++)
            {
                _log.Read(Usage(User(tenant)));
            }
        }

        _log.Read(Kept(2_001, User("00000000000007d0")));
        _log.Read(Kept(2_002, User("00000000000007d0")));
        var report = _counts.Read(10_000);
        Assert.Equal((TurnReport.MaxTenants, "00000000000007d0", 2), (report.Count, report[0].Tenant, report[0].Allocations));
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(report.Select(each => each with { Allocations = int.MaxValue, RelayedBytes = long.MaxValue }), NodeControlJson.Options).Length, 1, 60_000);
    }
}
