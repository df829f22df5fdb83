using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Testing;
using static MeetOperator.Signaling.Tests.Harness.DirectClients;

namespace MeetOperator.Signaling.Tests.Features;

/// <summary>Clients on two servers talk directly, and through the SFU when somebody needs it.</summary>
[Collection(ReplicasCollection.Name)]
public sealed class TopologyTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    private protected override TimeSpan DirectDelay => TimeSpan.Zero;

    [Fact]
    public async Task Topology_TwoThenThree_ChangesForAllOnBothReplicas()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        var direct = Generation(await ann.ExpectAsync("topology", m => Kind(m) == "p2p"));
        Assert.Equal(direct, Generation(await bob.ExpectAsync("topology", m => Kind(m) == "p2p")));

        // A client of an earlier version, which announces nothing.
        await using var eve = await b.EnterAsync(meeting.MeetingId, "Eve");

        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(direct + 1, Generation(await client.ExpectAsync("topology", m => Kind(m) == "sfu" && Generation(m) > direct)));
        }

        Assert.Empty(eve.OfType("topology"));
    }

    [Fact]
    public async Task Status_TwoThenThree_TellsTopology()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await ExpectStatusAsync(MediaTopology.P2P);

        await using var eve = await EnterAsync(b, meeting.MeetingId, "Eve");

        await ExpectStatusAsync(MediaTopology.Sfu);

        Task ExpectStatusAsync(MediaTopology topology) => Eventually.TrueAsync(
            async () => (await cluster.Client.ListAllAsync<Meeting>(null, null, default)).Items.Single(m => MeetingId.Of(m) == meeting.MeetingId).Status?.Topology == topology,
            $"the meeting's status says {topology}");
    }

    [Fact]
    public async Task Relay_WhileDirect_DeliversOnlyWithinTheMeeting()
    {
        var meeting = await a.CreateAsync();
        var other = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await using var stranger = await EnterAsync(a, other.MeetingId, "Eve");
        var generation = Generation(await ann.ExpectAsync("topology", m => Kind(m) == "p2p"));
        await bob.ExpectAsync("topology", m => Kind(m) == "p2p");
        await ann.ExpectAsync("participant-joined");

        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        Assert.Equal(ann.Id, (string?)(await bob.ExpectAsync("offer", m => (string?)m["from"] != "sfu"))["from"]);
        await bob.SendAsync(new { type = "p2p-ready", to = ann.Id, generation });
        var ready = await ann.ExpectAsync("p2p-ready");
        Assert.Equal((bob.Id, generation), ((string?)ready["from"], Generation(ready)));

        await ann.SendAsync(new { type = "offer", to = stranger.Id, sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "unknown-participant");
        await stranger.SendAsync(new { type = "p2p-ready", to = ann.Id, generation });
        await stranger.ExpectAsync("error", m => (string?)m["code"] == "forbidden");
        Assert.Single(ann.OfType("p2p-ready"));
        Assert.DoesNotContain(stranger.OfType("offer"), m => (string?)m["from"] == ann.Id);
    }

    [Fact]
    public async Task Failed_ReportedTwice_MovesOnceAndRelaysNoMore()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        var generation = Generation(await ann.ExpectAsync("topology", m => Kind(m) == "p2p"));
        await bob.ExpectAsync("topology", m => Kind(m) == "p2p");

        await Task.WhenAll(new[] { ann, bob }.Select(c => c.SendAsync(new { type = "p2p-failed", generation })));

        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(generation + 1, Generation(await client.ExpectAsync("topology", m => Kind(m) == "sfu" && Generation(m) > generation)));
        }

        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "forbidden");
        await Marker.ExpireAsync(a, meeting.MeetingId, a.Options.Timings.TickInterval * 2, ann);
        Assert.DoesNotContain(ann.OfType("topology"), m => Generation(m) > generation + 1);
    }

    /// <summary>A client that missed a change while it was disconnected, or whose server was restarted, is told again.</summary>
    [Fact]
    public async Task Reconnect_ToOtherReplica_TellsTopologyWithSameGeneration()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        var generation = Generation(await bob.ExpectAsync("topology", m => Kind(m) == "p2p"));

        await using var again = await TestClient.OpenByTicketAsync(bob.Join, a.Address);
        await JoinAsync(again);

        var told = await again.ExpectAsync("topology");
        Assert.Equal(("p2p", generation), (Kind(told), Generation(told)));
    }

    [Fact]
    public async Task Redis_LosesData_KeepsTopology()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        var generation = Generation(await ann.ExpectAsync("topology", m => Kind(m) == "p2p"));
        redis.Kill();
        await redis.StartAsync();
        await Eventually.TrueAsync(() => a.Service<IMeetingBus>().IsConnected && b.Service<IMeetingBus>().IsConnected, "both replicas are connected to Redis again");

        await using var eve = await EnterAsync(b, meeting.MeetingId, "Eve");

        Assert.Equal(generation + 1, Generation(await ann.ExpectAsync("topology", m => Kind(m) == "sfu" && Generation(m) > generation)));
    }

    /// <summary>Direct connections are for few. Without Redis, replicas cannot agree on more of them, and the SFU needs no agreement.</summary>
    [Fact]
    public async Task Redis_Unavailable_ThirdParticipantMovesEverybodyOfTheReplicaToTheSfu()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(a, meeting.MeetingId, "Bob");
        var generation = Generation(await ann.ExpectAsync("topology", m => Kind(m) == "p2p"));
        await using var eve = await TestClient.OpenAsync(await a.JoinAsync(meeting.MeetingId, "Eve"));
        redis.Kill();

        await JoinAsync(eve);

        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(generation + 1, Generation(await client.ExpectAsync("topology", m => Kind(m) == "sfu" && Generation(m) > generation)));
        }

        Assert.Equal("sfu", Kind(await eve.ExpectAsync("topology")));
        await ann.SendAsync(new { type = "offer", to = eve.Id, sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "forbidden");
        await redis.StartAsync();
    }

    /// <summary>After a tenant has denied direct connections, participants no longer learn each other's IP addresses, in open meetings either.</summary>
    [Fact]
    public async Task Topology_TenantDeniesAndAllows_MovesToTheSfuAndBack()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        var generation = Generation(await ann.ExpectAsync("topology", m => Kind(m) == "p2p"));
        await bob.ExpectAsync("topology", m => Kind(m) == "p2p");

        await cluster.SetDirectConnectionsAsync(DirectConnections.Denied);

        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(generation + 1, Generation(await client.ExpectAsync("topology", m => Kind(m) == "sfu" && Generation(m) > generation)));
        }

        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "forbidden");
        await Marker.ExpireAsync(a, meeting.MeetingId, a.Options.Timings.TickInterval * 2, ann);
        Assert.DoesNotContain(ann.OfType("topology"), m => Generation(m) > generation + 1);

        await cluster.SetDirectConnectionsAsync(DirectConnections.Allowed);

        await ann.ExpectAsync("topology", m => Kind(m) == "p2p" && Generation(m) > generation);
    }

    [Fact]
    public async Task Relay_P2PMeetingOfTenantThatDenies_IsForbidden()
    {
        var meeting = await a.CreateAsync(new { mode = "P2P", maxParticipants = 2 });
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(a, meeting.MeetingId, "Bob");
        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        await bob.ExpectAsync("offer");

        await cluster.SetDirectConnectionsAsync(DirectConnections.Denied);

        await Eventually.TrueAsync(() => a.Service<MeetingDirectory>().Find(meeting.MeetingId) is { AllowsDirectConnections: false }, "the server knows that the tenant denies direct connections");
        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "forbidden");
        Assert.Single(bob.OfType("offer"));
    }

    [Fact]
    public async Task Create_P2PMeetingOfTenantThatDenies_NamesField()
    {
        await cluster.SetDirectConnectionsAsync(DirectConnections.Denied);
        await Eventually.TrueAsync(
            () => a.Service<MeetingDirectory>().FindTenant(TestCluster.Tenant)?.Spec.Connectivity.DirectConnections == DirectConnections.Denied, "the server knows that the tenant denies direct connections");

        var response = await a.SendAsync(HttpMethod.Post, "meetings", new { title = "x", settings = new { mode = "P2P", maxParticipants = 2 } });

        var problem = await Problem.IsAsync(response, HttpStatusCode.BadRequest, "invalid-request");
        Assert.Contains("must be Auto or Sfu, because the tenant denies direct connections", (string?)problem["errors"]!["settings.mode"]![0], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await a.SendAsync(HttpMethod.Post, "meetings", new { title = "x", settings = new { mode = "Auto" } })).StatusCode);
    }
}
