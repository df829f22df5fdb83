using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Tests;

/// <summary>What a link answers when its meeting's object is gone, as after its time to live.</summary>
public sealed class PastMeetingTests(PastMeetingTests.Server server) : IClassFixture<PastMeetingTests.Server>
{
    public sealed class Server : ServerFixture;

    private TestSignaling Signaling => server.Signaling;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Removed_EveryWayInSaysThatItIsOver(bool endedFirst)
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

        await GoneAsync(HttpMethod.Get, string.Empty);
        await GoneAsync(HttpMethod.Post, "/join", new { displayName = "Late" });
        await GoneAsync(HttpMethod.Post, "/join", new { displayName = "Ann", ticket = join.Ticket });
        await GoneAsync(HttpMethod.Post, $"/participants/{ann.Id}/mute", new { mediaType = "audio" }, meeting.HostToken);
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("meet.v1");
        socket.Options.AddSubProtocol($"ticket.{join.Ticket}");
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => socket.ConnectAsync(new UriBuilder(Signaling.Address) { Scheme = "ws", Path = $"meetings/{meeting.MeetingId}" }.Uri, default));
        Assert.Equal(HttpStatusCode.Gone, socket.HttpStatusCode);

        // Ending what is over is no error, and who was in it may still read what was written.
        Assert.Equal(HttpStatusCode.OK, (await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meeting.MeetingId}", bearer: meeting.HostToken)).StatusCode);
        var stored = JsonNode.Parse(await (await Signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/messages", bearer: join.Ticket)).Content.ReadAsStringAsync());
        Assert.Equal("for later", (string?)Assert.Single(stored!["messages"]!.AsArray())!["message"]);

        async Task GoneAsync(HttpMethod method, string path, object? body = null, string? bearer = null) => await Problem.IsAsync(
            await Signaling.SendAsync(method, $"meetings/{meeting.MeetingId}{path}", body, bearer), HttpStatusCode.Gone, "meeting-ended");
    }

    [Fact]
    public async Task NeverThere_IsUnknown()
    {
        foreach (var id in new[] { Guid.NewGuid().ToString(), "planning" })
        {
            await Problem.IsAsync(await Signaling.SendAsync(HttpMethod.Get, $"meetings/{id}"), HttpStatusCode.NotFound, "unknown-meeting");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MadeWithKubectl_NotSeenYet_IsOverOnlyWhenItIs(bool isOver)
    {
        var made = await server.Cluster.ApplyMeetingAsync($"made-with-kubectl-{isOver}".ToLowerInvariant());
        var id = MeetingId.Of(made);
        await Signaling.JoinAsync(id, "Ann");
        if (isOver)
        {
            await server.Cluster.Client.DeleteAsync<Meeting>(made.Metadata.NamespacedName, default);
        }

        // As a replica answers whose watch has not brought the meeting yet.
        var answer = await Signaling.Service<MissingMeetings>().ExplainAsync(new DefaultHttpContext().Request, id, default);

        Assert.Equal(isOver ? (ProblemCode.MeetingEnded, false) : (ProblemCode.Unavailable, true), (answer.Code, answer.RetryAfter is not null));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EarlierMeetingWithTheId_HasEnded_IsOverOnlyWhenThereIsNoOther(bool isOver)
    {
        var id = Guid.NewGuid().ToString("D");
        var made = await server.Cluster.ApplyMeetingAsync(id);
        await Signaling.JoinAsync(id, "Ann");
        await server.Cluster.Client.DeleteAsync<Meeting>(made.Metadata.NamespacedName, default);
        await Eventually.TrueAsync(
            async () => (await Signaling.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, id, default))!.Status == MeetingRowStatus.Ended, "the row is closed");
        if (!isOver)
        {
            await server.Cluster.ApplyMeetingAsync(id);
        }

        // As a replica answers whose watch has not brought the next meeting yet.
        var answer = await Signaling.Service<MissingMeetings>().ExplainAsync(new DefaultHttpContext().Request, id, default);

        Assert.Equal(isOver ? (ProblemCode.MeetingEnded, false) : (ProblemCode.Unavailable, true), (answer.Code, answer.RetryAfter is not null));
    }

    /// <summary>The operator's part: it lets the object go.</summary>
    private async Task RemoveAsync(string meetingId)
    {
        var key = new NamespacedName(TestCluster.Namespace, meetingId);
        await server.Cluster.Client.TryDeleteAsync<Meeting>(key, default);
        await server.Cluster.Client.MergePatchAsync<Meeting>(key, new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, default);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(meetingId) is null, "the server sees that it is gone");
    }
}
