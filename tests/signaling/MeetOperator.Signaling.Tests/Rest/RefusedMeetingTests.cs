using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;

namespace MeetOperator.Signaling.Tests;

/// <summary>A meeting that its tenant is no longer allowed: nobody new comes in beyond what is allowed, and who is in stays.</summary>
public sealed class RefusedMeetingTests(RefusedMeetingTests.Server server) : IClassFixture<RefusedMeetingTests.Server>
{
    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) =>
            options with { Timings = options.Timings with { PlacementTimeout = TimeSpan.FromSeconds(1) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task Join_AboveTheTenantsQuota_IsFullAtTheQuota()
    {
        const string tenant = "small";
        await server.Cluster.AddTenantAsync(tenant, "meet-small");
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.ApplyMeetingAsync(id, @namespace: "meet-small", tenant: tenant);
        await Eventually.TrueAsync(() => Find(id)?.Assignment is not null, "the meeting is placed");
        await using var ann = await Signaling.EnterAsync(id, "Ann");

        await server.Cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, tenant), JsonNode.Parse("""{"spec":{"quotas":{"participantsPerMeeting":2}}}""")!, default);
        await RefuseAsync(id, "meet-small", "QuotaExceeded");
        await Eventually.TrueAsync(() => Find(id)!.Capacity == 2, "the quota is seen");

        await Signaling.JoinAsync(id, "Ben");
        await Problem.IsAsync(await JoinAsync(id, new { displayName = "Cleo" }), HttpStatusCode.Conflict, "meeting-full");
    }

    [Fact]
    public async Task Join_WhereItMayNotBe_IsRefusedAndWhoIsInComesBack()
    {
        var id = Guid.NewGuid().ToString("D");
        await server.Cluster.ApplyMeetingAsync(id);
        await Eventually.TrueAsync(() => Find(id)?.Assignment is not null, "the meeting is placed");
        var ann = await Signaling.JoinAsync(id, "Ann");

        await RefuseAsync(id, TestCluster.Namespace, "PlaceNotAllowed");

        var problem = await Problem.IsAsync(await JoinAsync(id, new { displayName = "Ben" }), HttpStatusCode.ServiceUnavailable, "not-placed");
        Assert.Contains("PlaceNotAllowed", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        using var back = await JoinAsync(id, new { displayName = "Ann", ticket = ann.Ticket });
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
    }

    [Fact]
    public async Task Join_WithoutAMediaNode_IsRefusedToo()
    {
        var id = Guid.NewGuid().ToString("D");
        server.Cluster.Refuse = ("QuotaExceeded", "no meeting is free");
        try
        {
            await server.Cluster.ApplyMeetingAsync(id, spec => spec with { Mode = MeetingMode.P2P, MaxParticipants = 2 });
            await Eventually.TrueAsync(() => Find(id)?.BlockingCondition is not null, "the meeting is not placed");
            await RefuseAsync(id, TestCluster.Namespace, "QuotaExceeded");

            await Problem.IsAsync(await JoinAsync(id, new { displayName = "Ann" }), HttpStatusCode.TooManyRequests, "quota-exceeded");
        }
        finally
        {
            server.Cluster.Refuse = null;
        }
    }

    private async Task RefuseAsync(string id, string @namespace, string reason)
    {
        var conditions = new JsonArray(new JsonObject { ["type"] = "Accepted", ["status"] = "False", ["reason"] = reason, ["message"] = "not allowed any more" });
        await server.Cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName(@namespace, id), new JsonObject { ["status"] = new JsonObject { ["conditions"] = conditions } }, default, new WriteOptions { Subresource = "status" });
        await Eventually.TrueAsync(() => Find(id)!.Object.Status!.Conditions.Any(condition => condition.Reason == reason), "the refusal is seen");
    }

    private MeetingView? Find(string id) => Signaling.Service<MeetingDirectory>().Find(id);

    private Task<HttpResponseMessage> JoinAsync(string id, object body) => Signaling.SendAsync(HttpMethod.Post, $"meetings/{id}/join", body);
}
