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
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests a replica that has just started and has not read the API server yet, or whose watch is stalled, next to a synced replica.</summary>
public sealed class UnsyncedReplicaTests : IAsyncLifetime
{
    private const string AcmeKey = "acme-key-0123456789abcdef0123456789";

    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TcpForwarder _wire = null!;
    private KubeClient _kube = null!;
    private TestSignaling _synced = null!;
    private TestSignaling _unsynced = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        await _cluster.AddTenantAsync("acme", "meet-acme", AcmeKey);
        _synced = await TestSignaling.StartAsync(_cluster);
        _wire = new TcpForwarder(IPEndPoint.Parse(_cluster.Api.Server.Address.Authority));
        _wire.Break();
        _kube = new KubeClient(new KubeConfig { Server = _wire.Address, Token = _cluster.Api.Server.Token });
        _unsynced = await TestSignaling.StartUnreadyAsync(
            _cluster, o => o with { Database = _synced.Options.Database, SigningKeys = _synced.Options.SigningKeys }, _kube);
    }

    public async Task DisposeAsync()
    {
        await _unsynced.DisposeAsync();
        _kube.Dispose();
        await _wire.DisposeAsync();
        await _synced.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task UnsyncedReplica_LiveMeeting_ReturnsUnavailableAndKeepsRow()
    {
        var meeting = await _synced.CreateAsync();
        var join = await _synced.JoinAsync(meeting.MeetingId, "Ann");
        var path = $"meetings/{meeting.MeetingId}";

        await AssertUnavailableAsync(await _unsynced.SendAsync(HttpMethod.Get, path));
        await AssertUnavailableAsync(await _unsynced.SendAsync(HttpMethod.Post, $"{path}/join", new { displayName = "Bob" }));
        await AssertUnavailableAsync(await _unsynced.SendAsync(HttpMethod.Delete, path, bearer: meeting.HostToken));
        await AssertUnavailableAsync(await _unsynced.SendAsync(HttpMethod.Delete, $"{path}/participants/{join.ParticipantId}", bearer: meeting.HostToken));
        // Callers are not throttled for it.
        for (var i = 0; i < 80; i++)
        {
            await AssertUnavailableAsync(await _unsynced.SendAsync(HttpMethod.Get, path));
        }

        var row = await _synced.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, meeting.MeetingId, default);
        Assert.Equal((MeetingRowStatus.Open, null), (row!.Status, row.EndTime));
        Assert.Equal(HttpStatusCode.OK, (await _synced.SendAsync(HttpMethod.Get, path)).StatusCode);

        _wire.Restore();
        await Eventually.TrueAsync(async () => (await _unsynced.SendAsync(HttpMethod.Get, path)).IsSuccessStatusCode, "the replica has received the meeting");
    }

    [Fact]
    public async Task UnsyncedReplica_ApiKey_ReturnsUnavailableWithoutThrottling()
    {
        // More failures than one address may have before it is throttled.
        for (var i = 0; i < 80; i++)
        {
            await AssertUnavailableAsync(await _unsynced.SendAsync(HttpMethod.Post, "meetings", new { title = "Acme" }, AcmeKey));
        }

        _wire.Restore();
        await Eventually.TrueAsync(
            async () => (await _unsynced.SendAsync(HttpMethod.Post, "meetings", new { title = "Acme" }, AcmeKey)).StatusCode == HttpStatusCode.Created, "the replica has received the API key");
    }

    [Fact]
    public async Task UnsyncedReplica_DeleteWhipSession_ReturnsUnavailable()
    {
        var meeting = await _synced.CreateAsync();
        var camera = await _synced.JoinAsync(meeting.MeetingId, "Camera");
        var opened = await _synced.SendAsync(
            HttpMethod.Post, $"meetings/{meeting.MeetingId}/whip", new StringContent(Sdp.Publish(), MediaTypeHeaderValue.Parse("application/sdp")), camera.Ticket);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        var session = opened.Headers.Location!.ToString();

        await AssertUnavailableAsync(await _unsynced.SendAsync(HttpMethod.Delete, session, bearer: camera.Ticket));
        Assert.NotNull(_node.Read(meeting.MeetingId, r => r.Participants[camera.ParticipantId].PublishSession));

        _wire.Restore();
        await Eventually.TrueAsync(
            async () => (await _unsynced.SendAsync(HttpMethod.Delete, session, bearer: camera.Ticket)).StatusCode == HttpStatusCode.NoContent, "the synced replica closes the session");
        Assert.Null(_node.Read(meeting.MeetingId, r => r.Participants[camera.ParticipantId].PublishSession));
    }

    [Fact]
    public async Task StalledWatch_MeetingEndedElsewhere_DisconnectsParticipants()
    {
        var meeting = await _synced.CreateAsync();
        _wire.Restore();
        await Eventually.TrueAsync(async () => (await _unsynced.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}")).IsSuccessStatusCode, "the replica has received the meeting");
        await using var ann = await _unsynced.EnterAsync(meeting.MeetingId, "Ann");

        // The API server responds to new requests, but the replica gets no more changes. The replicas have no common bus either.
        _wire.Stall();
        Assert.Equal(HttpStatusCode.OK, (await _synced.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken)).StatusCode);

        await ann.ExpectAsync("meeting-ended");
        await ann.ExpectCloseAsync();
    }

    [Fact]
    public async Task Delete_EmptyMeeting_ClosesRow()
    {
        var meeting = await _synced.CreateAsync();
        var key = new NamespacedName(TestCluster.Namespace, meeting.MeetingId);
        await _cluster.Client.TryDeleteAsync<Meeting>(key, default);
        await Eventually.TrueAsync(
            async () => (await _synced.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, meeting.MeetingId, default))!.Status == MeetingRowStatus.Ended, "the row is closed");
    }

    private static async Task AssertUnavailableAsync(HttpResponseMessage response)
    {
        await Problem.IsAsync(response, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.True(response.Headers.ConnectionClose, "the next attempt opens a connection, which may reach another replica");
    }
}
