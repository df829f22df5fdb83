using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Tests requests for meetings whose Meeting objects were deleted, for example after their time to live.</summary>
public sealed class DeletedMeetingTests(DeletedMeetingTests.Server server) : IClassFixture<DeletedMeetingTests.Server>
{
    public sealed class Server : ServerFixture;

    private TestSignaling Signaling => server.Signaling;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AllRequests_MeetingObjectDeleted_ReturnMeetingEnded(bool endedFirst)
    {
        var meeting = await Signaling.CreateAsync();
        var join = await Signaling.JoinAsync(meeting.MeetingId, "Ann");
        var ann = await TestClient.OpenAsync(join);
        await ann.JoinAsync();
        await ann.SendAsync(new { type = "chat", message = "for later" });
        await ann.ExpectAsync("chat");
        if (endedFirst)
        {
            await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken);
            await ann.ExpectAsync("meeting-ended");
        }

        await ann.DisposeAsync();
        await RemoveAsync(meeting.MeetingId);

        await AssertEndedAsync(HttpMethod.Get, string.Empty);
        await AssertEndedAsync(HttpMethod.Post, "/join", new { displayName = "Late" });
        await AssertEndedAsync(HttpMethod.Post, "/join", new { displayName = "Ann", ticket = join.Ticket });
        await AssertEndedAsync(HttpMethod.Post, $"/participants/{ann.Id}/mute", new { mediaType = "audio" }, meeting.HostToken);
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("meet.v1");
        socket.Options.AddSubProtocol($"ticket.{join.Ticket}");
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => socket.ConnectAsync(new UriBuilder(Signaling.Address) { Scheme = "ws", Path = $"meetings/{meeting.MeetingId}" }.Uri, default));
        Assert.Equal(HttpStatusCode.Gone, socket.HttpStatusCode);

        // Ending an ended meeting succeeds, and its participants can still read the chat.
        Assert.Equal(HttpStatusCode.OK, (await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken)).StatusCode);
        var stored = JsonNode.Parse(await (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages", bearer: join.Ticket)).Content.ReadAsStringAsync());
        Assert.Equal("for later", (string?)Assert.Single(stored!["messages"]!.AsArray())!["message"]);

        async Task AssertEndedAsync(HttpMethod method, string path, object? body = null, string? bearer = null) => await Problem.IsAsync(
            await Signaling.SendAsync(method, $"meetings/{meeting.MeetingId}{path}", body, bearer), HttpStatusCode.Gone, "meeting-ended");
    }

    [Fact]
    public async Task Get_IdNeverUsed_ReturnsUnknownMeeting()
    {
        foreach (var id in new[] { Guid.NewGuid().ToString(), "planning" })
        {
            await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{id}"), HttpStatusCode.NotFound, "unknown-meeting");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GetProblem_KubectlMeetingNotInCache_ReturnsEndedOnlyIfDeleted(bool hasEnded)
    {
        var created = await server.Cluster.ApplyMeetingAsync($"created-with-kubectl-{hasEnded}".ToLowerInvariant());
        var id = MeetingId.Of(created);
        await Signaling.JoinAsync(id, "Ann");
        if (hasEnded)
        {
            await server.Cluster.Client.DeleteAsync<Meeting>(created.Metadata.NamespacedName, default);
        }

        // Simulates a replica that has not received the meeting yet.
        var problem = await Signaling.Service<MeetingNotFound>().GetProblemAsync(new DefaultHttpContext().Request, id, default);

        Assert.Equal(hasEnded ? (ProblemCode.MeetingEnded, false) : (ProblemCode.Unavailable, true), (problem.Code, problem.RetryAfter is not null));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GetProblem_EarlierMeetingEnded_ReturnsEndedOnlyWithoutSuccessor(bool hasEnded)
    {
        var id = Guid.NewGuid().ToString("D");
        var created = await server.Cluster.ApplyMeetingAsync(id);
        await Signaling.JoinAsync(id, "Ann");
        await server.Cluster.Client.DeleteAsync<Meeting>(created.Metadata.NamespacedName, default);
        await Eventually.TrueAsync(
            async () => (await Signaling.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, id, default))!.Status == MeetingRowStatus.Ended, "the row is closed");
        if (!hasEnded)
        {
            await server.Cluster.ApplyMeetingAsync(id);
        }

        // Simulates a replica that has not received the later meeting yet.
        var problem = await Signaling.Service<MeetingNotFound>().GetProblemAsync(new DefaultHttpContext().Request, id, default);

        Assert.Equal(hasEnded ? (ProblemCode.MeetingEnded, false) : (ProblemCode.Unavailable, true), (problem.Code, problem.RetryAfter is not null));
    }

    /// <summary>Deletes the Meeting object and removes its finalizers, like the operator.</summary>
    private async Task RemoveAsync(string meetingId)
    {
        var key = new NamespacedName(TestCluster.Namespace, meetingId);
        await server.Cluster.Client.TryDeleteAsync<Meeting>(key, default);
        await server.Cluster.Client.MergePatchAsync<Meeting>(key, new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, default);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(meetingId) is null, "the server has received the deletion");
    }
}
