using System.Globalization;
using System.Net;
using System.Net.Http.Json;
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
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.NetworkChecks;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Signaling.Turn;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.NetworkChecks;

/// <summary>Network checks: who may open one, for how long, and what it cannot be used for.</summary>
public sealed class NetworkCheckTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with
        {
            TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")],
        });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Check_OfWhoeverMayJoin_OpensConnectionsAndCountsTheirResults()
    {
        var meeting = await _signaling.CreateAsync();
        var check = await OpenAsync(meeting.MeetingId);
        Assert.Equal((30, 13, 40_100), ((int)check["seconds"]!, (int)check["connections"]!, (int)check["tcpPort"]!));
        Assert.Equal(["203.0.113.5"], check["addresses"]!.AsArray().Select(address => (string?)address));
        Assert.Equal([40_000, 40_001], check["udpPorts"]!.AsArray().Select(port => (int)port!));
        Assert.Equal(TestCluster.Tenant, Assert.Single(_node.Checks).Tenant);

        var path = $"meetings/{meeting.MeetingId}/checks/{check["checkId"]}";
        Assert.StartsWith("v=0", (string?)await JsonAsync(await SendAsync(HttpMethod.Post, $"{path}/connections/udp4", new { sdp = Sdp.Publish() }), "sdp"), StringComparison.Ordinal);
        Assert.StartsWith("v=0", (string?)await JsonAsync(await SendAsync(HttpMethod.Post, $"{path}/echo/udp4", new { sdp = Sdp.Play() }), "sdp"), StringComparison.Ordinal);
        var result = new { rungs = new[] { new { path = "udp", family = "ipv4", result = "failed" }, new { path = "relay-tls", family = "unknown", result = "connected" } } };
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Put, $"{path}/result", result)).StatusCode);
        Assert.Empty(_node.Checks);
        await Problem.IsAsync(await SendAsync(HttpMethod.Put, $"{path}/result", result), HttpStatusCode.NotFound, "unknown-check");
        await Problem.IsAsync(await SendAsync(HttpMethod.Post, $"{path}/connections/udp4", new { sdp = Sdp.Publish() }), HttpStatusCode.NotFound, "unknown-check");

        using var metrics = new HttpClient();
        var text = await metrics.GetStringAsync(new Uri(_signaling.Metrics, "metrics"));
        Assert.Contains("meet_signaling_network_checks_total{result=\"ok\"} 1", text, StringComparison.Ordinal);
        Assert.Matches("meet_signaling_network_check_paths_total\\{[^}]*path=\"udp\"[^}]*\\} 1", text);
        Assert.Matches("meet_signaling_network_check_paths_total\\{[^}]*path=\"relay-tls\"[^}]*\\} 1", text);

        // Nobody has joined.
        Assert.Empty((await JsonAsync(await _signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}"), "participants"))!.AsArray());
    }

    /// <summary>Only requests are bound to the address: what keeps checks from carrying calls is their short time and their number.</summary>
    [Fact]
    public async Task Connect_FromAnotherAddressOrMeeting_IsRefused()
    {
        var (meeting, other) = (await _signaling.CreateAsync(), await _signaling.CreateAsync());
        var id = (string)(await OpenAsync(meeting.MeetingId))["checkId"]!;
        var forged = $"{id[..^2]}{(id[^2] == 'A' ? 'B' : 'A')}{id[^1]}";
        var offer = new { sdp = Sdp.Play() };
        await Problem.IsAsync(await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks/{id}/echo/udp4", offer, from: "198.51.100.8"), HttpStatusCode.NotFound, "unknown-check");
        await Problem.IsAsync(await SendAsync(HttpMethod.Post, $"meetings/{other.MeetingId}/checks/{id}/echo/udp4", offer), HttpStatusCode.NotFound, "unknown-check");
        await Problem.IsAsync(await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks/{forged}/echo/udp4", offer), HttpStatusCode.NotFound, "unknown-check");
        await Problem.IsAsync(await SendAsync(HttpMethod.Put, $"meetings/{meeting.MeetingId}/checks/{id}/result", new { rungs = Array.Empty<object>() }, from: "198.51.100.8"), HttpStatusCode.NotFound, "unknown-check");
        Assert.Single(_node.Checks);
    }

    [Fact]
    public async Task TryRead_CheckThatItsOwnAddressOpened_SaysWhenItIsOver()
    {
        var meeting = await _signaling.CreateAsync();
        var (seal, view) = (_signaling.Service<MediaSessionSeal>(), _signaling.Service<MeetingDirectory>().Find(meeting.MeetingId)!);
        var opened = new OpenCheck("ns", "node", "check-1", Until: 1_000);
        Assert.True(OpenCheck.TryRead(seal, view, "198.51.100.7", opened.Seal(seal, view, "198.51.100.7"), out var check));
        Assert.Equal(opened, check);
        Assert.Equal((false, true), (check.IsOver(DateTimeOffset.FromUnixTimeSeconds(1_000)), check.IsOver(DateTimeOffset.FromUnixTimeSeconds(1_001))));
    }

    [Fact]
    public async Task End_InALoop_IsLimitedForTheCheck()
    {
        var meeting = await _signaling.CreateAsync();
        var path = $"meetings/{meeting.MeetingId}/checks/{(await OpenAsync(meeting.MeetingId))["checkId"]}/result";
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync(HttpMethod.Put, path, new { rungs = Array.Empty<object>() })));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Open_InALoop_IsLimitedForTheAddressAndNotForOthers()
    {
        _node.MaxChecks = 1_000;
        var meeting = await _signaling.CreateAsync();
        HttpResponseMessage response;
        var opened = 0;
        while ((response = await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks", new { })).StatusCode == HttpStatusCode.Created)
        {
            Assert.InRange(++opened, 1, 3);
        }

        await Problem.IsAsync(response, HttpStatusCode.TooManyRequests, "quota-exceeded");
        Assert.Equal(3, opened);
        Assert.Equal(TimeSpan.FromMinutes(1), response.Headers.RetryAfter?.Delta);
        await OpenAsync(meeting.MeetingId, "198.51.100.8");
    }

    [Fact]
    public async Task Open_ByManyAddressesOfOneTenant_IsLimited()
    {
        _node.MaxChecks = 1_000;
        var meeting = await _signaling.CreateAsync();
        var answers = await Task.WhenAll(Enumerable.Range(1, 60).Select(address => SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks", new { }, from: $"198.51.100.{address}")));
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.Created), 20, 40);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.TooManyRequests);

        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        for (var check = 1; check <= 3; check++)
        {
            await OpenAsync(meeting.MeetingId, $"203.0.113.{check}", new { ticket = ann.Join.Ticket }); // Strangers take nothing from participants.
        }

        await Problem.IsAsync(await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks", new { ticket = ann.Join.Ticket }, from: "203.0.113.4"), HttpStatusCode.TooManyRequests, "quota-exceeded");
    }

    [Fact]
    public async Task Open_NodeTakesNoCheck_SaysThatItIsTemporary()
    {
        _node.MaxChecks = 0;
        var meeting = await _signaling.CreateAsync();
        var busy = await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks", new { });
        await Problem.IsAsync(busy, HttpStatusCode.TooManyRequests, "quota-exceeded");
        Assert.NotNull(busy.Headers.RetryAfter);
    }

    [Fact]
    public async Task Open_NodeOfAnEarlierVersion_SaysThatChecksAreNotAvailable()
    {
        _node.KnowsChecks = false;
        var meeting = await _signaling.CreateAsync();
        var response = await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks", new { });
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "check-unavailable");
        Assert.Null(response.Headers.RetryAfter);
    }

    /// <summary>In a meeting, the check is about the media node of the person's call, also if others would join elsewhere.</summary>
    [Fact]
    public async Task Open_WithTicketInMeetingOnTwoNodes_UsesTheNodeOfTheParticipant()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        var next = await _cluster.AddNodeAsync("default-bbbbb");
        _node.AddTracks(meeting.MeetingId, ann.Id, Sdp.Publish());
        await _cluster.AssignAsync(meeting.MeetingId, Assigned("default-aaaaa", 1, AssignmentRole.Edge), Assigned("default-bbbbb", 2, AssignmentRole.Origin));
        await Eventually.TrueAsync(() => _signaling.Service<MeetingDirectory>().Find(meeting.MeetingId)?.Serving.Count() == 2, "signaling knows both nodes");

        await OpenAsync(meeting.MeetingId);
        Assert.Equal((0, 1), (_node.Checks.Count, next.Checks.Count));
        await OpenAsync(meeting.MeetingId, body: new { ticket = ann.Join.Ticket });
        Assert.Equal((1, 1), (_node.Checks.Count, next.Checks.Count));
        Assert.Equal(meeting.MeetingId, Assert.Single(_node.Checks).Room);
        Assert.Equal((true, false), (Assert.Single(_node.Checks).IsMember, Assert.Single(next.Checks).IsMember));

        static MeetingAssignment Assigned(string node, long generation, AssignmentRole role) =>
            new() { SfuNode = node, Namespace = TestCluster.Namespace, Role = role, State = AssignmentState.Ready, Generation = generation };
    }

    [Fact]
    public async Task Open_UnknownOrEndedMeeting_IsRefused()
    {
        await Problem.IsAsync(await SendAsync(HttpMethod.Post, $"meetings/{Guid.NewGuid():D}/checks", new { }), HttpStatusCode.NotFound, "unknown-meeting");
        var meeting = await _signaling.CreateAsync();
        var check = await OpenAsync(meeting.MeetingId);
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
        await Eventually.TrueAsync(
            async () => (await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks/{check["checkId"]}/connections/udp4", new { sdp = Sdp.Publish() })).StatusCode == HttpStatusCode.Gone, "the check ends with the meeting");
        await Problem.IsAsync(await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks", new { }), HttpStatusCode.Gone, "meeting-ended");
    }

    [Fact]
    public async Task Open_WithTicketOfRemovedParticipant_IsRefused()
    {
        var meeting = await _signaling.CreateAsync();
        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        await OpenAsync(meeting.MeetingId, body: new { ticket = ann.Join.Ticket });
        await _signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}/participants/{ann.Id}", bearer: meeting.HostToken);
        _node.MaxChecks = 1_000;
        var address = 1;
        await Eventually.TrueAsync(
            async () => (await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks", new { ticket = ann.Join.Ticket }, from: $"198.51.{address / 250}.{1 + (address++ % 250)}")).StatusCode == HttpStatusCode.Forbidden,
            "the ticket is no longer accepted"); // Tickets are checked before the limit of the participant.
    }

    [Theory]
    [InlineData("connections/UDP", "{\"sdp\":\"v=0\\r\\nm=audio\"}", "name")]
    [InlineData("connections/echo", "{\"sdp\":\"v=0\\r\\nm=audio\"}", "name")]
    [InlineData("connections/udp4", "{\"sdp\":\"hello\"}", "sdp")]
    [InlineData("connections/udp4", "{}", "sdp")]
    public async Task Connect_InvalidRequest_NamesTheField(string path, string body, string field)
    {
        var meeting = await _signaling.CreateAsync();
        var check = await OpenAsync(meeting.MeetingId);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var response = await SendAsync(HttpMethod.Post, $"meetings/{meeting.MeetingId}/checks/{check["checkId"]}/{path}", content);
        Assert.NotNull((await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]![field]);
    }

    [Theory]
    [InlineData("p2p", "ipv4", "connected", "rungs[0].path")]
    [InlineData("udp", "ipx", "connected", "rungs[0].family")]
    [InlineData("udp", "ipv4", "perhaps", "rungs[0].result")]
    public async Task End_InvalidResult_NamesTheFieldAndKeepsTheCheck(string path, string family, string result, string field)
    {
        var meeting = await _signaling.CreateAsync();
        var check = await OpenAsync(meeting.MeetingId);
        var response = await SendAsync(HttpMethod.Put, $"meetings/{meeting.MeetingId}/checks/{check["checkId"]}/result", new { rungs = new[] { new { path, family, result } } });
        Assert.NotNull((await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]![field]);
        Assert.Single(_node.Checks);
    }

    /// <summary>
    /// Whoever collects checks must not be able to fill a relay: all checks of strangers at an address are one user for it, and their credentials end soon. They take nothing from participants.
    /// </summary>
    [Fact]
    public async Task Check_WithTurnPool_NamesRelaysWithOneUserForAnAddress()
    {
        await AddRelayAsync();
        var meeting = await _signaling.CreateAsync();
        var (first, second) = (await UserAsync("198.51.100.1"), await UserAsync("198.51.100.1"));
        Assert.Equal(first[1..], second[1..]);
        Assert.NotEqual(first[^1], (await UserAsync("198.51.100.2"))[^1]);

        await using var ann = await _signaling.EnterAsync(meeting.MeetingId, "Ann");
        var ofAnn = await UserAsync("198.51.100.1", new { ticket = ann.Join.Ticket });
        Assert.NotEqual(first[^1], ofAnn[^1]);
        Assert.Equal(ofAnn[1..], (await UserAsync("198.51.100.3", new { ticket = ann.Join.Ticket }))[1..]);
        Assert.InRange(long.Parse(second[0], CultureInfo.InvariantCulture) - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 60, 125);

        async Task<string[]> UserAsync(string from, object? body = null) => ((string)Assert.Single((await OpenAsync(meeting.MeetingId, from, body))["iceServers"]!.AsArray())!["username"]!).Split(':');
    }

    /// <summary>What a tenant or a pool denies is not tried, and a client that tries it nevertheless meets a media node that enforces the rule.</summary>
    [Theory]
    [InlineData("forceRelay", true, "direct", false, false, true)]
    [InlineData("forceRelay", false, "direct", false, false, true)]
    [InlineData("tcp", true, "tcp", true, false, true)]
    [InlineData("turn", false, "relay", true, true, false)]
    public async Task Open_WayIsDenied_NamesOnlyTheOthersAndTellsTheNode(string setting, bool isOfTenant, string denied, bool direct, bool tcp, bool relays)
    {
        await AddRelayAsync();
        var meeting = await _signaling.CreateAsync();
        var free = await OpenAsync(meeting.MeetingId);
        Assert.Equal((0, 1, 2, 1), Count(free));
        Assert.Null(Assert.Single(_node.Checks).Connectivity);

        var rule = setting switch { "forceRelay" => new ConnectivityRule { ForceRelay = true }, "tcp" => new ConnectivityRule { Tcp = PathAccess.Denied }, _ => new ConnectivityRule { Turn = PathAccess.Denied } };
        if (isOfTenant)
        {
            var settings = new JsonObject { ["connectivity"] = JsonSerializer.SerializeToNode(rule, KubeJson.Options) };
            await _cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, TestCluster.Tenant), new JsonObject { ["spec"] = settings }, default);
        }
        else
        {
            await _cluster.AssignAsync(
                meeting.MeetingId, new MeetingAssignment { SfuNode = "default-aaaaa", Namespace = TestCluster.Namespace, Role = AssignmentRole.Origin, State = AssignmentState.Ready, Generation = 1, Connectivity = rule });
        }

        await Eventually.TrueAsync(() => _signaling.Service<MeetingDirectory>().Find(meeting.MeetingId)?.ConnectivityOf(null, null) == rule, "signaling knows the rule");
        var check = await OpenAsync(meeting.MeetingId);

        Assert.Equal([denied], check["denied"]!.AsArray().Select(way => (string?)way));
        Assert.Equal((1, direct ? 1 : 0, direct ? 2 : 0, relays ? 1 : 0), Count(check));
        Assert.Equal(tcp ? 40_100 : null, (int?)check["tcpPort"]);
        Assert.Contains(_node.Checks, one => one.Connectivity == new RoomConnectivity { ForceRelay = setting == "forceRelay", DenyTcp = setting == "tcp", DenyTurn = setting == "turn" });

        static (int Denied, int Addresses, int Ports, int Relays) Count(JsonNode check) =>
            (check["denied"]!.AsArray().Count, check["addresses"]!.AsArray().Count, check["udpPorts"]!.AsArray().Count, check["iceServers"]!.AsArray().Count);
    }

    private async Task AddRelayAsync()
    {
        var record = new TurnRecord
        {
            Uid = "pool", Namespace = TestCluster.Namespace, Relays = [new TurnRelay("relay", ["turn:192.0.2.7:3478?transport=udp"])], CredentialTtlSeconds = 3_600,
            Keys = [new TurnKey(1, "north", DateTimeOffset.UnixEpoch)], KeyVersion = 1,
        };
        var before = _signaling.Service<TurnPools>().Revision;
        var data = new Dictionary<string, string> { ["a_b"] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options)) };
        await _cluster.Client.CreateAsync(new Secret { Metadata = new ObjectMeta { Name = TurnRecord.SecretName, Namespace = "meet-system" }, Data = data }, default);
        await Eventually.TrueAsync(() => _signaling.Service<TurnPools>().Revision > before, "signaling has read the relays");
    }

    private async Task<JsonNode> OpenAsync(string meetingId, string from = "198.51.100.7", object? body = null)
    {
        var response = await SendAsync(HttpMethod.Post, $"meetings/{meetingId}/checks", body ?? new { }, from);
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object body, string from = "198.51.100.7")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body as HttpContent ?? JsonContent.Create(body, options: JsonSerializerOptions.Web) };
        request.Headers.Add("X-Forwarded-For", from);
        return await _signaling.Http.SendAsync(request);
    }

    private static async Task<JsonNode?> JsonAsync(HttpResponseMessage response, string field)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)![field];
    }
}
