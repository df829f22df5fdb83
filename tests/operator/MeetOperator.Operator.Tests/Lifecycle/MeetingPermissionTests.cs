using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>The tenant's limits apply for the whole lifetime of a meeting. A running meeting keeps its node, reports the violation, and is placed again only within the limits.</summary>
public sealed class MeetingPermissionTests
{
    private static readonly MeetingSpec Lasting = new() { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 0 }, MaxParticipants = 10 };

    [Fact]
    public async Task MaxParticipants_RaisedAboveQuota_KeepsRoomLimit()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(quotas: new TenantQuotas { ParticipantsPerMeeting = 10 });
        await cluster.CreateMeetingAsync("standup", Lasting);
        var id = (await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!;
        var node = Assert.Single(cluster.Kubelet.Nodes);
        node.SetParticipants(id, 3);
        var before = (await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Participants == 3, "has three participants")).Status!.Assignments[0];

        await PatchAsync(cluster, "standup", """{"spec":{"maxParticipants":5000}}""");

        var rejected = await WaitForRejectionAsync(cluster, "standup", "QuotaExceeded");
        Assert.Contains("lower spec.maxParticipants", rejected.Status!.Message, StringComparison.Ordinal);
        Assert.Equal((3, MeetingPhase.Active, before), (rejected.Status.Participants, rejected.Status.Phase!.Value, rejected.Status.Assignments[0]));
        Assert.Equal(10, node.Read(id, room => room.Spec.MaxParticipants));

        await PatchAsync(cluster, "standup", """{"spec":{"maxParticipants":9}}""");
        await cluster.WaitForReadyAsync("standup");
        Assert.Equal(9, node.Read(id, room => room.Spec.MaxParticipants));
    }

    [Fact]
    public async Task Quota_LoweredAndRaised_UpdatesRoomLimit()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup", Lasting);
        var id = (await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!;
        var node = Assert.Single(cluster.Kubelet.Nodes);

        await TenantAsync(cluster, """{"spec":{"quotas":{"participantsPerMeeting":4}}}""");
        await WaitForRejectionAsync(cluster, "standup", "QuotaExceeded");
        await cluster.EventuallyAsync(() => Task.FromResult(node.Read(id, room => room.Spec.MaxParticipants) == 4), "the room limit is four");

        await TenantAsync(cluster, """{"spec":{"quotas":{"participantsPerMeeting":10}}}""");
        await cluster.WaitForReadyAsync("standup");
        await cluster.EventuallyAsync(() => Task.FromResult(node.Read(id, room => room.Spec.MaxParticipants) == 10), "the room limit is ten");
    }

    [Fact]
    public async Task DirectConnections_DeniedAndAllowed_RejectsOnlyMeetingsThatNeedThem()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("direct", Lasting with { Mode = MeetingMode.P2P, MaxParticipants = 4 });
        await cluster.CreateMeetingAsync("standup", Lasting);
        await cluster.WaitForReadyAsync("direct");
        await cluster.WaitForReadyAsync("standup");

        await TenantAsync(cluster, """{"spec":{"connectivity":{"directConnections":"Denied"}}}""");

        var rejected = await WaitForRejectionAsync(cluster, "direct", "DirectConnectionsDenied");
        Assert.Contains("set spec.mode to Auto or Sfu", rejected.Status!.Message, StringComparison.Ordinal);
        await PatchAsync(cluster, "direct", """{"spec":{"mode":"Auto"}}""");
        await cluster.WaitForReadyAsync("direct");
        await cluster.WaitForReadyAsync("standup");
    }

    [Fact]
    public async Task Regions_TenantRegionRemoved_MeetingStays()
    {
        await using var cluster = await WithRegionsAsync("eu", "ap");
        await TenantAsync(cluster, """{"spec":{"regions":{"allowed":["eu"]}}}""");
        await cluster.CreateMeetingAsync("standup", Lasting with { Regions = new MeetingRegions { Allowed = ["eu"] } });
        var eu = (await cluster.WaitForReadyAsync("standup")).Status!.Assignments[0];
        Assert.Equal("eu", eu.Region);

        await TenantAsync(cluster, """{"spec":{"regions":{"allowed":["us"]}}}""");

        var rejected = await WaitForRejectionAsync(cluster, "standup", "RegionConflict");
        Assert.Equal(eu, rejected.Status!.Assignments[0]);
        await cluster.Kubelet.FailAsync(eu.SfuNode);
        var unplaced = await cluster.WaitForMeetingAsync("standup", seen => Conditions.Get(seen.Status!.Conditions, MeetConditions.Placed)?.Status == ConditionStatus.False, "is not placed");
        Assert.Equal("RegionConflict", unplaced.Status!.Conditions.Ready()!.Reason);
        Assert.All(cluster.Kubelet.Nodes.Where(node => node.Name != eu.SfuNode), node => Assert.Empty(node.Rooms()));

        await PatchAsync(cluster, "standup", """{"spec":{"regions":{"allowed":["ap"]}}}""");
        await TenantAsync(cluster, """{"spec":{"regions":{"allowed":["eu","ap"]}}}""");
        Assert.Equal("ap", (await cluster.WaitForReadyAsync("standup")).Status!.Region);
    }

    [Fact]
    public async Task Regions_MeetingAllowsAny_TenantRegionStillApplies()
    {
        await using var cluster = await WithRegionsAsync("eu");
        await cluster.CreateMeetingAsync("standup", Lasting);
        var eu = (await cluster.WaitForReadyAsync("standup")).Status!.Assignments[0];

        await TenantAsync(cluster, """{"spec":{"regions":{"allowed":["us"]}}}""");

        var rejected = await WaitForRejectionAsync(cluster, "standup", "PlaceNotAllowed");
        Assert.Contains("region eu is not allowed", rejected.Status!.Message, StringComparison.Ordinal);
        Assert.Equal((eu, MeetingPhase.Pending), (rejected.Status.Assignments[0], rejected.Status.Phase!.Value));
        await TenantAsync(cluster, """{"spec":{"regions":{"allowed":["us","eu"]}}}""");
        await cluster.WaitForReadyAsync("standup");
    }

    [Fact]
    public async Task Pools_SelectorRemoved_MeetingStaysAndReportsReason()
    {
        await using var cluster = await WithRegionsAsync("eu");
        await cluster.CreateMeetingAsync("standup", Lasting);
        var place = (await cluster.WaitForReadyAsync("standup")).Status!.Assignments[0];

        await TenantAsync(cluster, """{"spec":{"pools":{"sfuSelector":{"matchLabels":{"tier":"gold"}}}}}""");

        var rejected = await WaitForRejectionAsync(cluster, "standup", "PlaceNotAllowed");
        Assert.Equal(place, rejected.Status!.Assignments[0]);
        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "eu"), JsonNode.Parse("""{"metadata":{"labels":{"tier":"gold"}}}""")!, default);
        await cluster.WaitForReadyAsync("standup");
    }

    [Fact]
    public async Task Operator_Restarted_RejectedMeetingKeepsAssignment()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(quotas: new TenantQuotas { ParticipantsPerMeeting = 50 });
        await cluster.CreateMeetingAsync("standup", Lasting);
        var before = (await cluster.WaitForReadyAsync("standup")).Status!.Assignments[0];
        await TenantAsync(cluster, """{"spec":{"quotas":{"participantsPerMeeting":4}}}""");
        await WaitForRejectionAsync(cluster, "standup", "QuotaExceeded");
        await cluster.StopOperatorAsync("operator-1");

        await cluster.StartOperatorAsync("operator-2");
        Assert.Single(cluster.Kubelet.Nodes).SetParticipants(MeetingId.Of((await cluster.TryMeetingAsync("standup"))!), 2);

        var after = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Participants == 2, "is counted by the next operator");
        Assert.Equal((before.SfuNode, before.Generation), (after.Status!.Assignments[0].SfuNode, after.Status.Assignments[0].Generation));
        Assert.Equal("QuotaExceeded", after.Status.Conditions.Ready()!.Reason);
        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("a")).Status!.Usage is { ConcurrentMeetings: 1 }, "the meeting counts as open");
    }

    private static async Task<TestCluster> WithRegionsAsync(params string[] regions)
    {
        var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");
        var port = 42000;
        foreach (var region in regions)
        {
            var exposure = new SfuExposure { PortRange = new PortRange { Min = port, Max = port + 15 }, AddressSource = AddressSource.HostIP };
            await cluster.CreatePoolAsync(region, TestCluster.Pool() with { Region = region, Replicas = 1, Exposure = exposure });
            port += 100;
        }

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<SfuPool>("meet-a", null, default)).Items.All(pool => pool.Status?.ReadyReplicas == 1), "the pools' nodes are ready");
        return cluster;
    }

    private static async Task<Meeting> WaitForRejectionAsync(TestCluster cluster, string name, string reason)
    {
        var rejected = await cluster.WaitForMeetingAsync(
            name, seen => Conditions.Get(seen.Status?.Conditions, MeetConditions.Accepted) is { Status: ConditionStatus.False } accepted && accepted.Reason == reason, $"is rejected with {reason}");
        Assert.Equal((ConditionStatus.False, reason), (rejected.Status!.Conditions.Ready()!.Status, rejected.Status.Conditions.Ready()!.Reason));
        Assert.True(Conditions.IsTrue(rejected.Status.Conditions, MeetConditions.Stalled));
        return rejected;
    }

    private static Task<Meeting> PatchAsync(TestCluster cluster, string name, string patch) =>
        cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", name), JsonNode.Parse(patch)!, default);

    private static Task<Tenant> TenantAsync(TestCluster cluster, string patch) =>
        cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse(patch)!, default);
}
