using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Turn;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Turn;

public sealed class RelaysTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("node-1");
        _signaling = await TestSignaling.StartAsync(_cluster, Quick);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private static SignalingOptions Quick(SignalingOptions options) =>
        options with { Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(100) } };

    [Fact]
    public async Task Join_WithoutTurnPool_NamesNoRelay()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Empty(ann.Join.IceServers);
        await ann.SendAsync(new { type = "chat", message = "hello", reference = "r" });
        await ann.ExpectAsync("chat");
        Assert.DoesNotContain(ann.Received, message => (string?)message["type"] == "ice-servers");
    }

    /// <summary>A join shows nothing but that the caller knows the meeting. Whoever collects joins must not be able to fill a relay.</summary>
    [Fact]
    public async Task Join_WithTurnPool_NamesRelaysToNobodyWhoIsNotInTheMeeting()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        var join = await _signaling.JoinAsync(meeting.MeetingId, "Ann");
        Assert.Empty(join.IceServers);
        Assert.Empty((await _signaling.JoinAsync(meeting.MeetingId, "Ann", ticket: join.Ticket)).IceServers);
        Assert.Empty((await _signaling.JoinAsync(meeting.MeetingId, "Host", meeting.HostToken)).IceServers);
        await using var socket = await TestClient.OpenAsync(join);
        await StoreAsync(Record("south")); // everybody in the meeting gets new ones
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        await bob.ExpectAsync("ice-servers");
        Assert.Empty(socket.OfType("ice-servers"));
    }

    /// <summary>A client opens connections when it has joined, and they gather candidates from the relays that it knows then.</summary>
    [Fact]
    public async Task Member_Enters_GetsRelaysBeforeJoined()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Equal(["ice-servers", "joined"], ann.Received.Take(2).Select(message => (string?)message["type"]));
        var server = Assert.Single(Relays(ann)[0]);
        Assert.Equal("turn:192.0.2.7:3478?transport=udp", Assert.Single(server.GetProperty("urls").EnumerateArray()).GetString());
        Assert.Matches($"^[0-9]{{10}}:{TurnTenant.HashOf(TestCluster.Tenant)}:[0-9a-f]{{16}}:[0-9a-f]{{16}}$", server.GetProperty("username").GetString());
    }

    /// <summary>A client of WHIP has no socket (RFC 9725 §4.6).</summary>
    [Fact]
    public async Task Whip_WithTurnPool_NamesRelaysInLinks()
    {
        await StoreAsync(Record("north") with { Relays = [new TurnRelay("relay", ["turn:192.0.2.7:3478?transport=udp", "turn:192.0.2.7:3478?transport=tcp"])] });
        var meeting = await _signaling.CreateAsync();
        var camera = await _signaling.JoinAsync(meeting.MeetingId, "Camera");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"meetings/{meeting.MeetingId}/whip") { Content = new StringContent(Sdp.Publish(), new System.Net.Http.Headers.MediaTypeHeaderValue("application/sdp")) };
        request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", camera.Ticket);
        var response = await _signaling.Http.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        var links = response.Headers.GetValues("Link").ToArray();
        Assert.Equal(2, links.Length);
        Assert.Matches(@"^<turn:192\.0\.2\.7:3478\?transport=udp>; rel=""ice-server""; username=""[0-9]{10}(:[0-9a-f]{16}){3}""; credential=""[A-Za-z0-9+/]{27}=""; credential-type=""password""$", links[0]);
        Assert.StartsWith("<turn:192.0.2.7:3478?transport=tcp>", links[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Member_BeforeCredentialEnds_GetsAnother()
    {
        await StoreAsync(Record("north") with { CredentialTtlSeconds = 3 });
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await Eventually.TrueAsync(() => UsersOf(ann).Distinct().Count() >= 2, "a second credential arrives");
    }

    [Fact]
    public async Task Member_SecretChanges_GetsAnother()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await StoreAsync(Record("south"));
        await Eventually.TrueAsync(() => PasswordsOf(ann).Distinct().Count() == 2, "a credential of the new secret arrives");
    }

    /// <summary>Otherwise each relay that starts anywhere would cost every participant of the installation a message.</summary>
    /// <summary>People whose only relay has ended wait for the next one.</summary>
    [Fact]
    public async Task Member_FirstRelayAppears_GetsItAtOnce()
    {
        await using var signaling = await TestSignaling.StartAsync(_cluster, options => options with { Timings = options.Timings with { TickInterval = TimeSpan.FromMinutes(1) } });
        var meeting = await signaling.CreateAsync();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        await StoreAsync(Record("north"));
        await ann.ExpectAsync("ice-servers");
        Assert.Single(Relays(ann)[^1]);
    }

    [Fact]
    public async Task Member_OtherRelaysChange_KeepsCredential()
    {
        var record = Record("north");
        await StoreAsync(record);
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await StoreAsync(record with { Keys = [.. record.Keys, new TurnKey(2, "next", DateTimeOffset.UnixEpoch)] });
        await StoreAsync(record, "{another pool");
        await StoreAsync(Record("south"));
        await Eventually.TrueAsync(() => PasswordsOf(ann).Distinct().Count() == 2, "a credential of the new secret arrives");
        Assert.Equal(2, Relays(ann).Count);
    }

    [Fact]
    public async Task Member_LastPoolDisappears_GetsEmptyList()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await StoreAsync(Record("north") with { Relays = [] });
        await Eventually.TrueAsync(() => Relays(ann) is [.., []], "an empty list arrives");
    }

    /// <summary>A client that reconnects with its ticket does not join again over REST, and its credentials may have expired.</summary>
    [Fact]
    public async Task Socket_OpenedWithTicket_GetsRelays()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        var join = await _signaling.JoinAsync(meeting.MeetingId, "Ann");
        await using var ann = await TestClient.OpenByTicketAsync(join, _signaling.Address);
        await ann.JoinAsync();
        await ann.ExpectAsync("ice-servers");
    }

    [Fact]
    public async Task TurnSecret_Unreadable_KeepsServing()
    {
        await StoreAsync(Record("north"), "{broken");
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Single((await ann.ExpectAsync("ice-servers"))["iceServers"]!.AsArray());
    }

    [Theory]
    [InlineData("tenant")]
    [InlineData("media node")]
    public async Task Member_RelaysDenied_GetsNoneAndGetsThemBack(string where)
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");

        await SetRuleAsync(where, meeting.MeetingId, new ConnectivityRule { Turn = PathAccess.Denied });
        await Eventually.TrueAsync(() => Relays(ann) is [.., []], "an empty list arrives");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        Assert.Empty(Relays(bob));

        await SetRuleAsync(where, meeting.MeetingId, new ConnectivityRule());
        await Eventually.TrueAsync(() => Relays(ann) is [.., [_]] && Relays(bob) is [[_]], "the relay arrives again");
    }

    [Theory]
    [InlineData("tenant")]
    [InlineData("media node")]
    public async Task Member_RelayForced_IsToldSo(string where)
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Equal(["all"], Policies(ann));

        await SetRuleAsync(where, meeting.MeetingId, new ConnectivityRule { ForceRelay = true });
        await Eventually.TrueAsync(() => Policies(ann).SequenceEqual(["all", "relay"]), "the policy arrives");
        await using var bob = await _signaling.EnterAsync(meeting.MeetingId, "Bob");
        Assert.Equal(["relay"], Policies(bob));

        await SetRuleAsync(where, meeting.MeetingId, new ConnectivityRule());
        await Eventually.TrueAsync(() => Policies(ann).SequenceEqual(["all", "relay", "all"]), "every path may be tried again");
        Assert.All(Relays(ann), servers => Assert.Single(servers));
    }

    /// <summary>Without a relay, the client learns why it has no path, and need not try others.</summary>
    [Fact]
    public async Task Member_RelayForcedWithoutRelay_GetsThePolicy()
    {
        var meeting = await _signaling.CreateAsync();
        await SetRuleAsync("tenant", meeting.MeetingId, new ConnectivityRule { ForceRelay = true });
        await Eventually.TrueAsync(() => _signaling.Service<MeetingDirectory>().FindTenant(TestCluster.Tenant)!.Spec.Connectivity.ForceRelay, "signaling knows the setting");
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        Assert.Equal(["relay"], Policies(ann));
        Assert.Empty(Assert.Single(Relays(ann)));
    }

    /// <summary>TCP to media nodes is no matter of relays.</summary>
    [Fact]
    public async Task Member_TcpDenied_KeepsCredential()
    {
        await StoreAsync(Record("north"));
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await SetRuleAsync("media node", meeting.MeetingId, new ConnectivityRule { Tcp = PathAccess.Denied });
        await StoreAsync(Record("south"));
        await Eventually.TrueAsync(() => PasswordsOf(ann).Distinct().Count() == 2, "a credential of the new secret arrives");
        Assert.Equal(2, Relays(ann).Count);
    }

    [Fact]
    public async Task Create_P2PWithRelayForced_NamesTheSetting()
    {
        await SetRuleAsync("tenant", string.Empty, new ConnectivityRule { ForceRelay = true });
        await Eventually.TrueAsync(() => _signaling.Service<MeetingDirectory>().FindTenant(TestCluster.Tenant)!.Spec.Connectivity.ForceRelay, "signaling knows the setting");
        var response = await _signaling.Http.PostAsync("meetings", System.Net.Http.Json.JsonContent.Create(new { title = "t", settings = new { mode = "P2P", maxParticipants = 2 } }));
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("connectivity.forceRelay", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static string[] Policies(TestClient client) => [.. client.Received.Where(message => (string?)message["type"] == "ice-servers").Select(message => (string?)message["iceTransportPolicy"] ?? "all")];

    /// <summary>Changes the setting of the tenant, or what the operator has written about the media node.</summary>
    private Task SetRuleAsync(string where, string meetingId, ConnectivityRule rule)
    {
        var settings = new JsonObject { ["forceRelay"] = rule.ForceRelay, ["tcp"] = (rule.Tcp ?? PathAccess.Allowed).ToString(), ["turn"] = (rule.Turn ?? PathAccess.Allowed).ToString() };
        return where == "tenant"
            ? _cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, TestCluster.Tenant), new JsonObject { ["spec"] = new JsonObject { ["connectivity"] = settings } }, default)
            : _cluster.AssignAsync(meetingId, new MeetingAssignment { SfuNode = "node-1", Namespace = TestCluster.Namespace, Role = AssignmentRole.Origin, State = AssignmentState.Ready, Generation = 1, Connectivity = rule });
    }

    private static TurnRecord Record(string secret) => new()
    {
        Uid = "1",
        Namespace = TestCluster.Namespace,
        Relays = [new TurnRelay("relay", ["turn:192.0.2.7:3478?transport=udp"])],
        Keys = [new TurnKey(1, secret, DateTimeOffset.UnixEpoch)],
        KeyVersion = 1,
    };

    private static IReadOnlyList<IReadOnlyList<JsonElement>> Relays(TestClient client) =>
        [.. client.Received.Where(message => (string?)message["type"] == "ice-servers").Select(message => message["iceServers"].Deserialize<JsonElement[]>()!)];

    private static IEnumerable<string> UsersOf(TestClient client) => Relays(client).SelectMany(servers => servers.Select(server => server.GetProperty("username").GetString()!));

    private static IEnumerable<string> PasswordsOf(TestClient client) => Relays(client).SelectMany(servers => servers.Select(server => server.GetProperty("credential").GetString()!));

    /// <summary>Stores the relays as the operator does, and waits until signaling has read them.</summary>
    private async Task StoreAsync(TurnRecord record, string? broken = null)
    {
        var before = _signaling.Service<TurnPools>().Revision;
        var data = new Dictionary<string, string> { ["a_b"] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options)) };
        if (broken is not null)
        {
            data["a_c"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(broken));
        }

        var key = new NamespacedName("meet-system", TurnRecord.SecretName);
        var stored = await _cluster.Client.TryGetAsync<Secret>(key, default);
        var secret = new Secret { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace, ResourceVersion = stored?.Metadata.ResourceVersion }, Data = data };
        await (stored is null ? _cluster.Client.CreateAsync(secret, default) : _cluster.Client.ReplaceAsync(secret, default));
        await Eventually.TrueAsync(() => _signaling.Service<TurnPools>().Revision > before, "signaling has read the relays");
    }
}
