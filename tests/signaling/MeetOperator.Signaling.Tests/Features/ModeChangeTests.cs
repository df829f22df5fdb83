using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;
using MeetOperator.Testing;
using static MeetOperator.Signaling.Tests.Harness.DirectClients;

namespace MeetOperator.Signaling.Tests.Features;

/// <summary>A change of the mode of a meeting reaches the calls that run.</summary>
[Collection(ReplicasCollection.Name)]
public sealed class ModeChangeTests(PostgresServer postgres) : TwoReplicasTestBase(postgres)
{
    private protected override TimeSpan DirectDelay => TimeSpan.Zero;

    /// <summary>The next tick is longer away than any test takes, so what follows is not due to one.</summary>
    private protected override SignalingTimings Change(SignalingTimings timings) => timings with { TickInterval = TimeSpan.FromMinutes(10), PresenceLifetime = TimeSpan.FromMinutes(20) };

    [Fact]
    public async Task Mode_AutoToSfuAndBack_ChangesTopologyAtOnceOnTheSameSockets()
    {
        var meeting = await a.CreateAsync();
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        var generation = Generation(await ann.ExpectAsync("topology", m => Kind(m) == "p2p"));
        await bob.ExpectAsync("topology", m => Kind(m) == "p2p");

        await SetModeAsync(meeting.MeetingId, MeetingMode.Sfu);

        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(generation + 1, Generation(await client.ExpectAsync("topology", m => Kind(m) == "sfu" && Generation(m) > generation)));
        }

        await ann.SendAsync(new { type = "offer", to = bob.Id, sdp = Sdp.Publish() });
        await ann.ExpectAsync("error", m => (string?)m["code"] == "forbidden");

        await SetModeAsync(meeting.MeetingId, MeetingMode.Auto);

        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(generation + 2, Generation(await client.ExpectAsync("topology", m => Kind(m) == "p2p" && Generation(m) > generation)));
            Assert.False(client.Closed.IsCompleted);
        }
    }

    [Theory]
    [InlineData(MeetingMode.P2P, MeetingMode.Sfu)]
    [InlineData(MeetingMode.P2P, MeetingMode.Auto)]
    [InlineData(MeetingMode.Sfu, MeetingMode.P2P)]
    [InlineData(MeetingMode.Auto, MeetingMode.P2P)]
    public async Task Mode_ToOrFromP2P_LetsClientsJoinAgainAndNobodyLeave(MeetingMode from, MeetingMode to)
    {
        var meeting = await a.CreateAsync(new { mode = from.ToString(), maxParticipants = 2 });
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");

        await SetModeAsync(meeting.MeetingId, to);

        foreach (var client in new[] { ann, bob })
        {
            Assert.Equal(CloseCode.Restart, await client.ExpectCloseAsync());
        }

        await using var annAgain = await TestClient.OpenByTicketAsync(ann.Join, a.Address);
        await using var bobAgain = await TestClient.OpenByTicketAsync(bob.Join, b.Address);
        foreach (var (client, other) in new[] { (annAgain, bob), (bobAgain, ann) })
        {
            await JoinAsync(client);
            var joined = await client.ExpectAsync("joined");
            Assert.Equal(to == MeetingMode.P2P ? "p2p" : "sfu", (string?)joined["topology"]);
            Assert.Equal(other.Id, (string?)Assert.Single(joined["participants"]!.AsArray())!["participantId"]);
        }

        Assert.Empty(annAgain.OfType("participant-left"));
        Assert.False(annAgain.Closed.IsCompleted);
        var topology = to == MeetingMode.Sfu ? MediaTopology.Sfu : MediaTopology.P2P;
        await Eventually.TrueAsync(async () => (await FindAsync(meeting.MeetingId)).Status?.Topology == topology, $"the meeting's status says {topology}");
    }

    /// <summary>As when another replica did not know of all participants yet.</summary>
    [Fact]
    public async Task Status_BecomesWrongWithoutMembers_IsCorrectedWhenOneReturns()
    {
        var meeting = await a.CreateAsync(new { mode = "Sfu" });
        var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await ann.DisposeAsync();
        await Eventually.TrueAsync(async () => await CountMembersAsync() == 0, "the replica has no members");

        await cluster.Client.MergePatchAsync<Meeting>(
            (await FindAsync(meeting.MeetingId)).Metadata.NamespacedName,
            new JsonObject { ["status"] = new JsonObject { ["topology"] = nameof(MediaTopology.P2P) } },
            default,
            new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(() => View()!.Object.Status!.Topology == MediaTopology.P2P, "the replica knows the status");
        Assert.Equal(0, await CountMembersAsync()); // and has done what it does about it

        await using var again = await TestClient.OpenByTicketAsync(ann.Join, a.Address);
        await JoinAsync(again);

        await Eventually.TrueAsync(async () => (await FindAsync(meeting.MeetingId)).Status!.Topology == MediaTopology.Sfu, "the status is correct");

        MeetingView? View() => a.Service<MeetingDirectory>().Find(meeting.MeetingId);

        async Task<int> CountMembersAsync()
        {
            await using var hold = await a.Service<MeetingSessions>().AcquireAsync(View()!);
            return await hold.Session.InvokeAsync(() => Task.FromResult(hold.Session.Members.All.Count));
        }
    }

    /// <summary>The direct connections carry the call until something else can.</summary>
    [Fact]
    public async Task Mode_FromP2PWithoutMediaNode_WaitsForOne()
    {
        var meeting = await a.CreateAsync(new { mode = "P2P", maxParticipants = 2 });
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await cluster.KillNodeAsync(node.Name);
        await Eventually.TrueAsync(() => View(a) is { Assignment: null } && View(b) is { Assignment: null }, "the meeting has no media node");

        await SetModeAsync(meeting.MeetingId, MeetingMode.Sfu);

        await Eventually.TrueAsync(() => View(a) is { IsPeerToPeer: false } && View(b) is { IsPeerToPeer: false }, "both replicas know the change");
        await StayAsync(ann, bob);

        await cluster.AddNodeAsync("default-bbbbb");
        await PatchAsync(meeting.MeetingId, "title", "placed again");

        Assert.Equal(CloseCode.Restart, await ann.ExpectCloseAsync());
        Assert.Equal(CloseCode.Restart, await bob.ExpectCloseAsync());

        MeetingView? View(TestSignaling server) => server.Service<MeetingDirectory>().Find(meeting.MeetingId);
    }

    /// <summary>The API server takes such a mode where there is no webhook. Nobody would hear anybody.</summary>
    [Fact]
    public async Task Mode_ToP2POfTenantThatDenies_KeepsTheSockets()
    {
        var meeting = await a.CreateAsync(new { mode = "Auto", maxParticipants = 2 });
        await using var ann = await EnterAsync(a, meeting.MeetingId, "Ann");
        await using var bob = await EnterAsync(b, meeting.MeetingId, "Bob");
        await cluster.SetDirectConnectionsAsync(DirectConnections.Denied);
        await Eventually.TrueAsync(() => Views().All(view => !view.AllowsDirectConnections), "both replicas know that the tenant denies direct connections");

        await SetModeAsync(meeting.MeetingId, MeetingMode.P2P);

        await Eventually.TrueAsync(() => Views().All(view => view.IsPeerToPeer), "both replicas know the change");
        await StayAsync(ann, bob);

        IEnumerable<MeetingView> Views() => new[] { a, b }.Select(server => server.Service<MeetingDirectory>().Find(meeting.MeetingId)!);
    }

    /// <summary>Each client gets a response on its socket, after all that has changed before.</summary>
    private static async Task StayAsync(TestClient ann, TestClient bob)
    {
        foreach (var (client, other) in new[] { (ann, bob), (bob, ann) })
        {
            await client.SendAsync(new { type = "offer", to = other.Id, sdp = Sdp.Publish() });
            await client.ExpectAsync("error", m => (string?)m["code"] == "forbidden");
            Assert.False(client.Closed.IsCompleted);
        }
    }

    private Task SetModeAsync(string meetingId, MeetingMode mode) => PatchAsync(meetingId, "mode", mode.ToString());

    private async Task PatchAsync(string meetingId, string field, string value)
    {
        var meeting = await FindAsync(meetingId);
        await cluster.Client.MergePatchAsync<Meeting>(meeting.Metadata.NamespacedName, new JsonObject { ["spec"] = new JsonObject { [field] = value } }, default);
    }

    private async Task<Meeting> FindAsync(string meetingId) => (await cluster.Client.ListAllAsync<Meeting>(null, null, default)).Items.Single(m => MeetingId.Of(m) == meetingId);
}
