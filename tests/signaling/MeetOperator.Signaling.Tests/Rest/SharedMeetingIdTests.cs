using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>
/// Tests meetings that share one ID: participants enter the meeting that the operator serves, and its tokens are not valid for the other meeting.
/// </summary>
public sealed class SharedMeetingIdTests(SharedMeetingIdTests.Server server) : IClassFixture<SharedMeetingIdTests.Server>
{
    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { PlacementTimeout = TimeSpan.FromSeconds(1), JoinTimeout = TimeSpan.FromMinutes(5) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Join_SameIdInTwoTenants_EntersPlacedMeeting()
    {
        var id = await WithSameIdAsync("copycat");

        var answer = await Signaling.JoinAsync(id, "Ann");

        Assert.Equal(TestCluster.Tenant, Signaling.Service<MeetingDirectory>().Find(id)!.TenantName);
        Assert.NotEmpty(answer.Ticket);
    }

    [Fact]
    public async Task Ticket_OfDeletedMeeting_IsUnauthorizedForOtherTenantWithSameId()
    {
        var id = await WithSameIdAsync("successor");
        var ticket = (await Signaling.JoinAsync(id, "Ann")).Ticket;

        await server.Cluster.Client.DeleteAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.TenantName == "successor", "the other meeting has the ID");

        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", new { displayName = "Ann", ticket }), HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task Ticket_OfEarlierMeetingWithSameId_IsRejectedEverywhere()
    {
        var id = Guid.NewGuid().ToString("D");
        await CreateMeetingAsync(id);
        var join = await Signaling.JoinAsync(id, "Ann");
        await DeleteMeetingAsync(id);
        await CreateMeetingAsync(id);

        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", new { displayName = "Ann", ticket = join.Ticket }), HttpStatusCode.Unauthorized, "unauthorized");
        await Assert.ThrowsAsync<WebSocketException>(() => TestClient.OpenByTicketAsync(join, Signaling.Address));
        await Assert.ThrowsAsync<WebSocketException>(() => TestClient.OpenAsync(join));
        foreach (var path in new[] { "whip", "whep" })
        {
            var sdp = new StringContent(Sdp.Publish(), new MediaTypeHeaderValue("application/sdp"));
            await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/{path}", sdp, join.Ticket), HttpStatusCode.Forbidden, "forbidden");
        }

        await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{id}/messages", bearer: join.Ticket), HttpStatusCode.Forbidden, "forbidden");
        await using var bob = await Signaling.EnterAsync(id, "Bob");
    }

    [Fact]
    public async Task HostToken_OfEarlierMeetingWithSameId_IsForbidden()
    {
        var meeting = await Signaling.CreateAsync();
        var id = meeting.MeetingId;
        await server.Cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName(TestCluster.Namespace, id), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, default);
        await DeleteMeetingAsync(id);
        await CreateMeetingAsync(id);

        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", new { displayName = "Ann" }, meeting.HostToken), HttpStatusCode.Forbidden, "forbidden");
        await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{id}", bearer: meeting.HostToken);
        Assert.NotEqual(MeetingDesiredState.Ended, (await server.Cluster.Client.TryGetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default))!.Spec.DesiredState);
    }

    [Fact]
    public async Task EndAsync_TokenOfEarlierMeetingAndStaleCache_KeepsLaterMeeting()
    {
        var meeting = await Signaling.CreateAsync();
        var id = meeting.MeetingId;
        await server.Cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName(TestCluster.Namespace, id), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, default);
        await DeleteMeetingAsync(id);
        await Eventually.TrueAsync(
            async () => (await Signaling.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, id, default))!.Status == MeetingRowStatus.Ended, "the row is closed");
        await CreateMeetingAsync(id);
        await using var ann = await Signaling.EnterAsync(id, "Ann");

        // Simulates a request on a replica that has not received the later meeting yet.
        Assert.True(Signaling.Service<Tokens>().TryVerify(TokenKind.Host, meeting.HostToken, out var host));
        await Signaling.Service<MeetingWriter>().EndAsync(host, default);

        await ann.SendAsync(new { type = "chat", message = "still here" });
        await ann.ExpectAsync("chat");
        Assert.Empty(ann.OfType("meeting-ended"));
        Assert.NotEqual(MeetingDesiredState.Ended, (await server.Cluster.Client.TryGetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default))!.Spec.DesiredState);
    }

    [Fact]
    public async Task Join_EarlierSessionWithSameIdStillOpen_EntersLaterMeetingOnly()
    {
        var id = Guid.NewGuid().ToString("D");
        await CreateMeetingAsync(id);
        await using var early = await TestClient.OpenAsync(await Signaling.JoinAsync(id, "Early"));
        await DeleteMeetingAsync(id);
        await CreateMeetingAsync(id);

        await using var ann = await Signaling.EnterAsync(id, "Ann");
        await using var bob = await Signaling.EnterAsync(id, "Bob");
        Assert.Equal(bob.Id, (string?)(await ann.ExpectAsync("participant-joined"))["participant"]!["participantId"]);
        await early.SendAsync(new { type = "join", participantId = early.Id });
        await early.ExpectAsync("meeting-ended");
        Assert.False(ann.Closed.IsCompleted);
    }

    private async Task CreateMeetingAsync(string id)
    {
        await server.Cluster.ApplyMeetingAsync(id);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.Assignment is not null, "the meeting is placed");
    }

    private async Task DeleteMeetingAsync(string id)
    {
        await server.Cluster.Client.DeleteAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id) is null, "the server has received the deletion");
    }

    private async Task<string> WithSameIdAsync(string tenant)
    {
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.AddTenantAsync(tenant, "meet-" + tenant);
        server.Cluster.IdTakenIn = "meet-" + tenant;
        await server.Cluster.ApplyMeetingAsync(id, @namespace: "meet-" + tenant, tenant: tenant);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.BlockingCondition is not null, "the first meeting is rejected");
        await server.Cluster.ApplyMeetingAsync(id);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.Assignment is not null, "the second meeting is placed");
        return id;
    }
}
