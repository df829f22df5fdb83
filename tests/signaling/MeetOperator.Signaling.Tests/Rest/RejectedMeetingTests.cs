using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Tests joins of meetings that the operator rejected after placement: new participants are rejected, and returning participants are not.</summary>
public sealed class RejectedMeetingTests(RejectedMeetingTests.Server server) : IClassFixture<RejectedMeetingTests.Server>
{
    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { PlacementTimeout = TimeSpan.FromSeconds(1) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Join_AboveTenantQuota_ReturnsMeetingFull()
    {
        const string tenant = "small";
        await server.Cluster.AddTenantAsync(tenant, "meet-small");
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.ApplyMeetingAsync(id, @namespace: "meet-small", tenant: tenant);
        await Eventually.TrueAsync(() => Find(id)?.Assignment is not null, "the meeting is placed");
        await using var ann = await Signaling.EnterAsync(id, "Ann");

        await server.Cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, tenant), JsonNode.Parse("""{"spec":{"quotas":{"participantsPerMeeting":2}}}""")!, default);
        await RejectAsync(id, "meet-small", "QuotaExceeded");
        await Eventually.TrueAsync(() => Find(id)!.Capacity == 2, "the server has received the quota");

        await Signaling.JoinAsync(id, "Ben");
        await Problem.IsAsync(await JoinAsync(id, new { displayName = "Cleo" }), HttpStatusCode.Conflict, "meeting-full");
    }

    [Fact]
    public async Task Join_PlacementNotAllowed_RejectsNewAndAdmitsReturningParticipants()
    {
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.ApplyMeetingAsync(id);
        await Eventually.TrueAsync(() => Find(id)?.Assignment is not null, "the meeting is placed");
        var ann = await Signaling.JoinAsync(id, "Ann");

        await RejectAsync(id, TestCluster.Namespace, "PlaceNotAllowed");

        var problem = await Problem.IsAsync(await JoinAsync(id, new { displayName = "Ben" }), HttpStatusCode.ServiceUnavailable, "not-placed");
        Assert.Contains("PlaceNotAllowed", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        using var back = await JoinAsync(id, new { displayName = "Ann", ticket = ann.Ticket });
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
    }

    [Fact]
    public async Task Join_RejectedPeerToPeerMeeting_ReturnsQuotaExceeded()
    {
        var id = Guid.NewGuid().ToString("D");
        server.Cluster.PlacementRejection = ("QuotaExceeded", "the meeting quota is exhausted");
        try
        {
            await server.Cluster.ApplyMeetingAsync(id, spec => spec with { Mode = MeetingMode.P2P, MaxParticipants = 2 });
            await Eventually.TrueAsync(() => Find(id)?.BlockingCondition is not null, "the meeting is not placed");
            await RejectAsync(id, TestCluster.Namespace, "QuotaExceeded");

            await Problem.IsAsync(await JoinAsync(id, new { displayName = "Ann" }), HttpStatusCode.TooManyRequests, "quota-exceeded");
        }
        finally
        {
            server.Cluster.PlacementRejection = null;
        }
    }

    private async Task RejectAsync(string id, string @namespace, string reason)
    {
        var conditions = new JsonArray(new JsonObject { ["type"] = "Accepted", ["status"] = "False", ["reason"] = reason, ["message"] = "no longer allowed" });
        await server.Cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName(@namespace, id), new JsonObject { ["status"] = new JsonObject { ["conditions"] = conditions } }, default, new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(() => Find(id)!.Object.Status!.Conditions.Any(condition => condition is { Type: "Accepted", Status: ConditionStatus.False } && condition.Reason == reason), "the server has received the rejection");
    }

    private MeetingView? Find(string id) => Signaling.Service<MeetingDirectory>().Find(id);

    private Task<HttpResponseMessage> JoinAsync(string id, object body) => Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", body);
}
