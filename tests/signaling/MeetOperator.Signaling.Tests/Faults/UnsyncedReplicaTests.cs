using System.Net;
using System.Net.Http.Headers;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests a replica that has just started and has not read the API server yet, next to a synced replica.</summary>
public sealed class UnsyncedReplicaTests : IAsyncLifetime
{
    private const string AcmeKey = "acme-key-0123456789abcdef0123456789";

    private TestCluster cluster = null!;
    private SimulatedMediaNode node = null!;
    private TcpForwarder wire = null!;
    private KubeClient kube = null!;
    private TestSignaling synced = null!;
    private TestSignaling unsynced = null!;

    public async Task InitializeAsync()
    {
        cluster = await TestCluster.StartAsync();
        node = await cluster.AddNodeAsync("default-aaaaa");
        await cluster.AddTenantAsync("acme", "meet-acme", AcmeKey);
        synced = await TestSignaling.StartAsync(cluster);
        wire = new TcpForwarder(IPEndPoint.Parse(cluster.Api.Server.Address.Authority));
        wire.Break();
        kube = new KubeClient(new KubeConfig { Server = wire.Address, Token = cluster.Api.Server.Token });
        unsynced = await TestSignaling.StartUnreadyAsync(
            cluster, o => o with { Database = synced.Options.Database, SigningKeys = synced.Options.SigningKeys }, kube);
    }

    public async Task DisposeAsync()
    {
        await unsynced.DisposeAsync();
        kube.Dispose();
        await wire.DisposeAsync();
        await synced.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task UnsyncedReplica_LiveMeeting_ReturnsUnavailableAndKeepsRow()
    {
        var meeting = await synced.CreateAsync();
        var join = await synced.JoinAsync(meeting.MeetingId, "Ann");
        var path = $"meetings/{meeting.MeetingId}";

        await AssertUnavailableAsync(await unsynced.SendAsync(HttpMethod.Get, path));
        await AssertUnavailableAsync(await unsynced.SendAsync(HttpMethod.Post, $"{path}/join", new { displayName = "Bob" }));
        await AssertUnavailableAsync(await unsynced.SendAsync(HttpMethod.Delete, path, bearer: meeting.HostToken));
        await AssertUnavailableAsync(await unsynced.SendAsync(HttpMethod.Delete, $"{path}/participants/{join.ParticipantId}", bearer: meeting.HostToken));
        // Callers are not throttled for it.
        for (var i = 0; i < 80; i++)
        {
            await AssertUnavailableAsync(await unsynced.SendAsync(HttpMethod.Get, path));
        }

        var row = await synced.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, meeting.MeetingId, default);
        Assert.Equal((MeetingRowStatus.Open, null), (row!.Status, row.EndTime));
        Assert.Equal(HttpStatusCode.OK, (await synced.SendAsync(HttpMethod.Get, path)).StatusCode);

        wire.Restore();
        await Eventually.TrueAsync(async () => (await unsynced.SendAsync(HttpMethod.Get, path)).IsSuccessStatusCode, "the replica has received the meeting");
    }

    [Fact]
    public async Task UnsyncedReplica_ApiKey_ReturnsUnavailableWithoutThrottling()
    {
        // More failures than one address may have before it is throttled.
        for (var i = 0; i < 80; i++)
        {
            await AssertUnavailableAsync(await unsynced.SendAsync(HttpMethod.Post, "meetings", new { title = "Acme" }, AcmeKey));
        }

        wire.Restore();
        await Eventually.TrueAsync(
            async () => (await unsynced.SendAsync(HttpMethod.Post, "meetings", new { title = "Acme" }, AcmeKey)).StatusCode == HttpStatusCode.Created, "the replica has received the API key");
    }

    [Fact]
    public async Task UnsyncedReplica_DeleteWhipSession_ReturnsUnavailable()
    {
        var meeting = await synced.CreateAsync();
        var camera = await synced.JoinAsync(meeting.MeetingId, "Camera");
        var opened = await synced.SendAsync(
            HttpMethod.Post, $"meetings/{meeting.MeetingId}/whip", new StringContent(Sdp.Publish(), MediaTypeHeaderValue.Parse("application/sdp")), camera.Ticket);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        var session = opened.Headers.Location!.ToString();

        await AssertUnavailableAsync(await unsynced.SendAsync(HttpMethod.Delete, session, bearer: camera.Ticket));
        Assert.NotNull(node.Read(meeting.MeetingId, r => r.Participants[camera.ParticipantId].PublishSession));

        wire.Restore();
        await Eventually.TrueAsync(
            async () => (await unsynced.SendAsync(HttpMethod.Delete, session, bearer: camera.Ticket)).StatusCode == HttpStatusCode.NoContent, "the synced replica closes the session");
        Assert.Null(node.Read(meeting.MeetingId, r => r.Participants[camera.ParticipantId].PublishSession));
    }

    [Fact]
    public async Task Delete_EmptyMeeting_ClosesRow()
    {
        var meeting = await synced.CreateAsync();
        var key = new NamespacedName(TestCluster.Namespace, meeting.MeetingId);
        await cluster.Client.TryDeleteAsync<Meeting>(key, default);
        await Eventually.TrueAsync(
            async () => (await synced.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, meeting.MeetingId, default))!.Status == MeetingRowStatus.Ended, "the row is closed");
    }

    private static async Task AssertUnavailableAsync(HttpResponseMessage response)
    {
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
    }
}
