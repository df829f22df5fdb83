using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Turn;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Turn;

/// <summary>Participants of a tenant that has as many allocations on relays as its quota allows.</summary>
public sealed class TenantRelaysTests : IAsyncLifetime
{
    private const string Other = "other";
    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("node-1");
        _signaling = await TestSignaling.StartAsync(_cluster, Quick);
        await StoreAsync(300);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private static SignalingOptions Quick(SignalingOptions options) =>
        options with { Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(100) } };

    [Fact]
    public async Task Member_QuotaReached_OnlyNewcomersGetNoRelay()
    {
        await StoreAsync(3);
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await SetAsync(quota: 10, used: 10, DateTimeOffset.UtcNow.AddSeconds(2));
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await Eventually.TrueAsync(() => DateTimeOffset.UtcNow > _reached, "time passes"); // conditions have whole seconds
        await using var carol = await _signaling.EnterAsync(meeting.MeetingId, "Carol");

        Assert.Equal("quota-exceeded", (string?)Last(carol)!["refused"]);
        Assert.Empty(Last(carol)!["iceServers"]!.AsArray());
        var before = UsersOf(ann);
        await Eventually.TrueAsync(() => UsersOf(ann) > before && UsersOf(bob) > 1, "those who have relays get new credentials for them");
        Assert.Null(Last(ann)!["refused"]);
        Assert.Equal(0, UsersOf(carol));
    }

    /// <summary>Otherwise all who wait would use the room that one has.</summary>
    [Fact]
    public async Task Member_ThereIsRoomAgain_OneOfThoseWhoWaitGetsRelays()
    {
        var meeting = await _signaling.CreateAsync();
        await SetAsync(quota: 10, used: 11, DateTimeOffset.UtcNow.AddHours(-1));
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        Assert.Equal((0, 0), (UsersOf(ann), UsersOf(bob)));

        await SetAsync(quota: 12, used: 11, DateTimeOffset.UtcNow.AddHours(-1));
        await Eventually.TrueAsync(() => UsersOf(ann) + UsersOf(bob) > 0, "one gets relays");
        await StoreAsync(200); // everybody who has relays gets new credentials
        await Eventually.TrueAsync(() => UsersOf(ann) + UsersOf(bob) > 1, "it keeps them");
        Assert.Contains(0, (int[])[UsersOf(ann), UsersOf(bob)]);
        Assert.Null(Last(UsersOf(ann) > 0 ? ann : bob)!["refused"]);
    }

    [Fact]
    public async Task Member_OtherTenantAtItsQuota_GetsRelays()
    {
        await _cluster.AddTenantAsync(Other, "meet-other");
        await SetAsync(quota: 1, used: 1, DateTimeOffset.UtcNow.AddHours(-1), Other);
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Equal(1, UsersOf(ann));
    }

    [Fact]
    public async Task Check_QuotaReached_NamesNoRelayAndSaysWhy()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await SetAsync(quota: 1, used: 1, DateTimeOffset.UtcNow.AddHours(-1));
        using var response = await _signaling.Http.PostAsync($"meetings/{meeting.MeetingId}/checks", System.Net.Http.Json.JsonContent.Create(new { }));
        var check = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(["relay-quota"], check["denied"]!.AsArray().Select(each => (string?)each));
        Assert.Empty(check["iceServers"]!.AsArray());
    }

    private DateTimeOffset _reached;

    private static JsonObject? Last(TestClient client) => client.Received.LastOrDefault(message => (string?)message["type"] == "ice-servers");

    private static int UsersOf(TestClient client) =>
        client.Received.Where(message => (string?)message["type"] == "ice-servers").SelectMany(message => message["iceServers"]!.AsArray()).Select(server => (string?)server!["username"]).Distinct().Count();

    /// <summary>Sets what the operator has counted, and waits until signaling knows it.</summary>
    private async Task SetAsync(int quota, int used, DateTimeOffset reached, string tenant = TestCluster.Tenant)
    {
        _reached = DateTimeOffset.FromUnixTimeSeconds(reached.ToUnixTimeSeconds());
        var key = new NamespacedName(null, tenant);
        await _cluster.Client.MergePatchAsync<Tenant>(key, new JsonObject { ["spec"] = new JsonObject { ["quotas"] = new JsonObject { ["turnAllocations"] = quota } } }, default);
        var condition = new JsonObject { ["type"] = MeetConditions.RelayQuotaReached, ["status"] = "True", ["reason"] = "QuotaReached", ["message"] = "m", ["lastTransitionTime"] = _reached.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture) };
        var status = new JsonObject { ["usage"] = new JsonObject { ["turnAllocations"] = used }, ["conditions"] = used >= quota ? new JsonArray(condition) : new JsonArray() };
        await _cluster.Client.MergePatchAsync<Tenant>(key, new JsonObject { ["status"] = status }, default, new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(
            () => _signaling.Service<MeetingDirectory>().FindTenant(tenant) is { Spec.Quotas.TurnAllocations: { } known, Status.Usage.TurnAllocations: var counted } && (known, counted) == (quota, used), "signaling knows it");
    }

    private async Task StoreAsync(int seconds)
    {
        var before = _signaling.Service<TurnPools>().Revision;
        var record = new TurnRecord
        {
            Uid = "1", Namespace = "meet-system", IsShared = true, CredentialTtlSeconds = seconds, Relays = [new TurnRelay("relay", ["turn:192.0.2.7:3478?transport=udp"])],
            Keys = [new TurnKey(1, "north", DateTimeOffset.UnixEpoch)], KeyVersion = 1,
        };
        var key = new NamespacedName("meet-system", TurnRecord.SecretName);
        var stored = await _cluster.Client.TryGetAsync<Secret>(key, default);
        var data = new Dictionary<string, string> { ["a_b"] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options)) };
        var secret = new Secret { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace, ResourceVersion = stored?.Metadata.ResourceVersion }, Data = data };
        await (stored is null ? _cluster.Client.CreateAsync(secret, default) : _cluster.Client.ReplaceAsync(secret, default));
        await Eventually.TrueAsync(() => _signaling.Service<TurnPools>().Revision > before, "signaling has read the relays");
    }
}
