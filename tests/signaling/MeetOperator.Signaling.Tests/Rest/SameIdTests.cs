using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling.Tests;

/// <summary>Two tenants have a meeting with one id: people get to the one that the operator serves, and nothing of it is worth anything in the other.</summary>
public sealed class SameIdTests(SameIdTests.Server server) : IClassFixture<SameIdTests.Server>
{
    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { PlacementTimeout = TimeSpan.FromSeconds(1), JoinTimeout = TimeSpan.FromMinutes(5) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Join_PlacedMeetingAndAnOlderOneThatIsNot_LeadsToThePlacedOne()
    {
        var id = await WithSameIdAsync("copycat");

        var answer = await Signaling.JoinAsync(id, "Ann");

        Assert.Equal(TestCluster.Tenant, Signaling.Service<MeetingDirectory>().Find(id)!.TenantName);
        Assert.NotEmpty(answer.Ticket);
    }

    [Fact]
    public async Task Ticket_OfAMeetingThatIsGone_OpensNoOtherWithItsId()
    {
        var id = await WithSameIdAsync("successor");
        var ticket = (await Signaling.JoinAsync(id, "Ann")).Ticket;

        await server.Cluster.Client.DeleteAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.TenantName == "successor", "the other meeting has the id");

        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", new { displayName = "Ann", ticket }), HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task Ticket_OfAnEarlierMeetingOfTheSameTenant_OpensNothingOfTheNextWithItsId()
    {
        var id = Guid.NewGuid().ToString("D");
        await MakeAsync(id);
        var join = await Signaling.JoinAsync(id, "Ann");
        await UnmakeAsync(id);
        await MakeAsync(id);

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
    public async Task HostToken_OfAnEarlierMeetingOfTheSameTenant_IsNothingInTheNextWithItsId()
    {
        var meeting = await Signaling.CreateAsync();
        var id = meeting.MeetingId;
        await server.Cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName(TestCluster.Namespace, id), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, default);
        await UnmakeAsync(id);
        await MakeAsync(id);

        await Problem.IsAsync(
            await Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", new { displayName = "Ann" }, meeting.HostToken), HttpStatusCode.Forbidden, "forbidden");
        await Signaling.SendAsync(HttpMethod.Delete, $"meetings/{id}", bearer: meeting.HostToken);
        Assert.NotEqual(MeetingDesiredState.Ended, (await server.Cluster.Client.TryGetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default))!.Spec.DesiredState);
    }

    [Fact]
    public async Task HostToken_OfAnEarlierMeeting_EndsNothingOfTheNextWithItsIdThatIsNotSeenYet()
    {
        var meeting = await Signaling.CreateAsync();
        var id = meeting.MeetingId;
        await server.Cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName(TestCluster.Namespace, id), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, default);
        await UnmakeAsync(id);
        await Eventually.TrueAsync(
            async () => (await Signaling.Service<IMeetingRepository>().FindAsync(TestCluster.Tenant, id, default))!.Status == MeetingRowStatus.Ended, "the row is closed");
        await MakeAsync(id);
        await using var ann = await Signaling.EnterAsync(id, "Ann");

        // As a replica asks for it whose watch has not brought the next meeting yet.
        Assert.True(Signaling.Service<Tokens>().TryVerify(TokenKind.Host, meeting.HostToken, out var host));
        await Signaling.Service<MeetingWriter>().EndAsync(host, default);

        await ann.SendAsync(new { type = "chat", message = "still here" });
        await ann.ExpectAsync("chat");
        Assert.Empty(ann.OfType("meeting-ended"));
        Assert.NotEqual(MeetingDesiredState.Ended, (await server.Cluster.Client.TryGetAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default))!.Spec.DesiredState);
    }

    [Fact]
    public async Task Meeting_WhoseIdAnEarlierOneHadThatSomebodyStillHoldsOpen_IsEnteredAndTheEarlierOneIsNot()
    {
        var id = Guid.NewGuid().ToString("D");
        await MakeAsync(id);
        await using var early = await TestClient.OpenAsync(await Signaling.JoinAsync(id, "Early"));
        await UnmakeAsync(id);
        await MakeAsync(id);

        await using var ann = await Signaling.EnterAsync(id, "Ann");
        await using var bob = await Signaling.EnterAsync(id, "Bob");
        Assert.Equal(bob.Id, (string?)(await ann.ExpectAsync("participant-joined"))["participant"]!["participantId"]);
        await early.SendAsync(new { type = "join", participantId = early.Id });
        await early.ExpectAsync("meeting-ended");
        Assert.False(ann.Closed.IsCompleted);
    }

    private async Task MakeAsync(string id)
    {
        await server.Cluster.ApplyMeetingAsync(id);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.Assignment is not null, "the meeting is placed");
    }

    private async Task UnmakeAsync(string id)
    {
        await server.Cluster.Client.DeleteAsync<Meeting>(new NamespacedName(TestCluster.Namespace, id), default);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id) is null, "the meeting is gone");
    }

    private async Task<string> WithSameIdAsync(string tenant)
    {
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.AddTenantAsync(tenant, "meet-" + tenant);
        server.Cluster.IdTakenIn = "meet-" + tenant;
        await server.Cluster.ApplyMeetingAsync(id, @namespace: "meet-" + tenant, tenant: tenant);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.BlockingCondition is not null, "the first is refused");
        await server.Cluster.ApplyMeetingAsync(id);
        await Eventually.TrueAsync(() => Signaling.Service<MeetingDirectory>().Find(id)?.Assignment is not null, "the second is placed");
        return id;
    }
}
