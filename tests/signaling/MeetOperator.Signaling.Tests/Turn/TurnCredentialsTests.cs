using MeetOperator.Contracts.TurnPools;
using MeetOperator.Signaling.Turn;

namespace MeetOperator.Signaling.Tests.Turn;

public sealed class TurnCredentialsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static TurnRecord Pool(string uid, string @namespace = "meet-default", bool shared = false, string? region = null) => new()
    {
        Uid = uid,
        Namespace = @namespace,
        IsShared = shared,
        Region = region,
        Relays = [new TurnRelay(uid, [$"turn:{uid}.example.com:3478?transport=udp"])],
        CredentialTtlSeconds = 300,
        Keys = [new TurnKey(1, "old", Now.AddDays(-2), Now.AddDays(-1)), new TurnKey(2, "north", Now.AddDays(-1))],
        KeyVersion = 2,
    };

    private static IReadOnlyList<string> Hosts(IReadOnlyList<TurnRecord> pools, string? region = null, string? nodeRegion = null, string @namespace = "meet-default") =>
        [.. TurnCredentials.Issue(pools, "default", @namespace, region, nodeRegion, "m", "p", Now).IceServers.Select(server => server.Urls[0].Split(':', '.')[1])];

    /// <summary>The hashes were computed with <c>sha256sum</c>, and the password with <c>openssl dgst -sha1 -hmac north -binary</c>.</summary>
    [Fact]
    public void Issue_OnePool_NamesEndAndHashesOfTenantMeetingAndParticipant()
    {
        var grant = TurnCredentials.Issue([Pool("a")], "default", "meet-default", null, null, "m", "p", Now);
        var server = Assert.Single(grant.IceServers);
        Assert.Equal("1800000300:37a8eec1ce19687d:62c66a7a5dd70c31:148de9c5a7a44d19", server.Username);
        Assert.Equal("Jsu7p/olC7RsZRtcNVXJ+aZ8soo=", server.Credential);
        Assert.Equal(["turn:a.example.com:3478?transport=udp"], server.Urls);
        Assert.Equal(Now.AddSeconds(150), grant.RefreshAt);
    }

    /// <summary>Whoever has the ID of a meeting can join it, and user names get into the logs of relays.</summary>
    [Fact]
    public void Issue_Ids_AreHashedAsInLogs()
    {
        const string Meeting = "0B0A4C6E-8B8E-4E0B-9D3B-0F1B2C3D4E5F";
        var username = TurnCredentials.Issue([Pool("a")], "default", "meet-default", null, null, Meeting, "p", Now).IceServers[0].Username!;
        Assert.DoesNotContain(Meeting, username, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith(Redaction.Redact(Meeting)["id:".Length..], username.Split(':')[2], StringComparison.Ordinal);
        Assert.Equal(username, TurnCredentials.Issue([Pool("a")], "default", "meet-default", null, null, Meeting.ToLowerInvariant(), "p", Now).IceServers[0].Username);
        Assert.Equal(4, ((string[])["m", "n"]).SelectMany(m => ((string[])["p", "q"]).Select(p => TurnCredentials.Issue([Pool("a")], "default", "meet-default", null, null, m, p, Now).IceServers[0].Username)).Distinct().Count());
    }

    [Fact]
    public void ToString_Grant_HasNoCredential()
    {
        var grant = TurnCredentials.Issue([Pool("a")], "default", "meet-default", null, null, "m", "p", Now);
        var server = grant.IceServers[0];
        Assert.Contains("turn:a.example.com:3478?transport=udp", server.ToString(), StringComparison.Ordinal);
        Assert.All((object[])[server, grant, new MeetOperator.Signaling.Protocol.Server.IceServersMessage(grant.IceServers)], one => Assert.DoesNotContain(server.Credential!, one.ToString(), StringComparison.Ordinal));
    }

    /// <summary>A network check tries the relays of the call, as another user.</summary>
    [Fact]
    public void Issue_RelaysOfAnotherParticipant_AreThoseOfItsCall()
    {
        TurnRecord[] pools = [Pool("a") with { Relays = [.. Enumerable.Range(0, 20).Select(index => new TurnRelay($"r-{index}", [$"turn:r{index}:3478"]))] }];
        var call = TurnCredentials.Issue(pools, "default", "meet-default", null, null, "m", "p", Now).IceServers;
        var check = TurnCredentials.Issue(pools, "default", "meet-default", null, null, "m", "q", Now, rankId: "p").IceServers;
        Assert.Equal(call.Select(server => server.Urls[0]), check.Select(server => server.Urls[0]));
        Assert.Equal(TurnCredentials.Issue(pools, "default", "meet-default", null, null, "m", "q", Now).IceServers[0].Username, check[0].Username);
        Assert.NotEqual(call[0].Username, check[0].Username);
    }

    [Fact]
    public void Issue_NoPool_GrantsNothing() => Assert.Same(TurnGrant.None, TurnCredentials.Issue([], "default", "meet-default", null, null, "m", "p", Now));

    [Fact]
    public void Issue_PoolOfAnotherTenant_IsNotNamed() => Assert.Equal(["b"], Hosts([Pool("a", "meet-other"), Pool("b", "meet-other", shared: true)]));

    [Fact]
    public void Issue_PoolWithoutRelayOrKey_IsNotNamed() => Assert.Empty(Hosts([Pool("a") with { Relays = [] }, Pool("b") with { KeyVersion = 3 }]));

    [Fact]
    public void Issue_RegionOfParticipant_ComesFirst() =>
        Assert.Equal(["c", "a"], Hosts([Pool("a", region: "eu"), Pool("b", region: "us"), Pool("c", shared: true, region: "ap")], region: "ap"));

    /// <summary>Without a relay in its own region, what is nearest on the way is where its media goes anyway.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("ap")]
    public void Issue_NoRelayInRegionOfParticipant_NamesThoseOfItsMediaNodeFirst(string? region) =>
        Assert.Equal(["c", "a"], Hosts([Pool("a", region: "eu"), Pool("b", region: "eu"), Pool("c", shared: true, region: "us")], region, nodeRegion: "us"));

    [Fact]
    public void Issue_RegionOfParticipant_ComesBeforeThatOfItsMediaNode() =>
        Assert.Equal(["b", "c"], Hosts([Pool("a", region: "eu"), Pool("b", region: "ap"), Pool("c", region: "us")], region: "ap", nodeRegion: "us"));

    /// <summary>Only relays of the tenant reach static addresses of its media nodes.</summary>
    [Fact]
    public void Issue_SharedRelaysInRegion_AreNamedWithOneOfTheTenant() =>
        Assert.Equal(["b", "a"], Hosts([Pool("a"), Pool("b", shared: true, region: "us"), Pool("c", shared: true, region: "us")], region: "us"));

    [Fact]
    public void Issue_ManyRelays_SpreadsParticipantsAndKeepsTheirs()
    {
        static TurnRelay Relay(int index) => new($"r-{index}", [$"turn:r{index}:3478"]);
        TurnRecord[] pools = [Pool("a") with { Relays = [.. Enumerable.Range(0, 10).Select(Relay)] }];
        TurnRecord[] more = [pools[0] with { Relays = [.. Enumerable.Range(0, 11).Select(Relay)] }];
        var chosen = Enumerable.Range(0, 1_000).Select(p => TurnCredentials.Issue(pools, "default", "meet-default", null, null, "m", $"{p}", Now).IceServers).ToArray();
        Assert.All(chosen, servers => Assert.Equal(2, servers.Count));
        Assert.All(chosen.GroupBy(servers => servers[0].Urls[0]), each => Assert.InRange(each.Count(), 60, 150));
        var moved = Enumerable.Range(0, 1_000).Count(p => TurnCredentials.Issue(more, "default", "meet-default", null, null, "m", $"{p}", Now).IceServers[0].Urls[0] != chosen[p][0].Urls[0]);
        Assert.InRange(moved, 40, 160);
    }
}
