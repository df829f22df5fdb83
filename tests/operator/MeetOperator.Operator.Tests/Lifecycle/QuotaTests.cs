using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class QuotaTests
{
    [Fact]
    public async Task ConcurrentMeetings_AboveQuota_WaitUntilOneEnds()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(quotas: new TenantQuotas { ConcurrentMeetings = 2 });
        await Task.WhenAll(Enumerable.Range(1, 5).Select(number => cluster.CreateMeetingAsync($"m{number}")));
        await cluster.EventuallyAsync(async () => await CountAsync(cluster, seen => seen.IsReady()) == 2 && await CountAsync(cluster, WaitsForQuota) == 3, "two are open and three wait");

        var waiting = (await AllAsync(cluster)).First(WaitsForQuota);
        Assert.Contains("quotas.concurrentMeetings", waiting.Status!.Message, StringComparison.Ordinal);
        var open = (await AllAsync(cluster)).First(seen => seen.IsReady()).Metadata.NamespacedName;
        await cluster.Client.MergePatchAsync<Meeting>(open, JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);

        await cluster.EventuallyAsync(async () => await CountAsync(cluster, WaitsForQuota) == 2 && await CountAsync(cluster, seen => seen.IsReady()) == 2, "the next meeting is admitted");
    }

    [Fact]
    public async Task ConcurrentMeetings_QuotaLoweredWhileUnplaced_AppliesAgain()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a", new TenantQuotas { ConcurrentMeetings = 3 });
        await Task.WhenAll(Enumerable.Range(1, 3).Select(number => cluster.CreateMeetingAsync($"m{number}")));
        await cluster.EventuallyAsync(async () => await CountAsync(cluster, WaitsForANode) == 3, "all meetings are accepted but have no node");

        await QuotaAsync(cluster, 1);
        await cluster.CreatePoolAsync("p", TestCluster.Pool());
        await cluster.EventuallyAsync(async () => await CountAsync(cluster, seen => seen.IsReady()) == 1 && await CountAsync(cluster, WaitsForQuota) == 2, "one is open and two wait");

        await QuotaAsync(cluster, 2);
        await cluster.EventuallyAsync(async () => await CountAsync(cluster, seen => seen.IsReady()) == 2 && await CountAsync(cluster, WaitsForQuota) == 1, "another meeting is admitted");

        await QuotaAsync(cluster, 1);
        await cluster.EventuallyAsync(async () => (await AllAsync(cluster)).Single(WaitsForQuota).Status!.Message!.Contains("quota of 1 concurrent meetings", StringComparison.Ordinal), "the lower quota is reported");
        Assert.Equal(2, await CountAsync(cluster, seen => seen.IsReady()));
    }

    [Fact]
    public async Task MaxParticipants_AboveQuota_IsRejectedUntilLowered()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(quotas: new TenantQuotas { ParticipantsPerMeeting = 50 });
        await cluster.CreateMeetingAsync("big", new MeetingSpec { MaxParticipants = 51 });

        var rejected = await cluster.WaitForMeetingAsync("big", WaitsForQuota, "is rejected");
        Assert.Contains("lower spec.maxParticipants", rejected.Status!.Message, StringComparison.Ordinal);

        await cluster.Client.MergePatchAsync<Meeting>(rejected.Metadata.NamespacedName, JsonNode.Parse("""{"spec":{"maxParticipants":50}}""")!, default);
        await cluster.WaitForReadyAsync("big");
    }

    [Fact]
    public async Task Quota_OperatorRestarted_StillApplies()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(quotas: new TenantQuotas { ConcurrentMeetings = 1 });
        await cluster.CreateMeetingAsync("first");
        await cluster.WaitForReadyAsync("first");
        await cluster.StopOperatorAsync("operator-1");

        await cluster.CreateMeetingAsync("second");
        await cluster.StartOperatorAsync("operator-2");

        await cluster.WaitForMeetingAsync("second", WaitsForQuota, "waits for quota");
        Assert.True((await cluster.TryMeetingAsync("first"))!.IsReady());
    }

    private static Task<Tenant> QuotaAsync(TestCluster cluster, int meetings) =>
        cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), new JsonObject { ["spec"] = new JsonObject { ["quotas"] = new JsonObject { ["concurrentMeetings"] = meetings } } }, default);

    private static bool WaitsForANode(Meeting meeting) => meeting.Status?.Conditions.Ready()?.Reason == "NoCandidates";

    private static bool WaitsForQuota(Meeting meeting) => meeting.Status is { Phase: MeetingPhase.Pending } status && status.Conditions.Ready()?.Reason == "QuotaExceeded";

    private static async Task<IList<Meeting>> AllAsync(TestCluster cluster) => (await cluster.Client.ListAsync<Meeting>("meet-a", null, default)).Items;

    private static async Task<int> CountAsync(TestCluster cluster, Func<Meeting, bool> condition) => (await AllAsync(cluster)).Count(condition);
}
