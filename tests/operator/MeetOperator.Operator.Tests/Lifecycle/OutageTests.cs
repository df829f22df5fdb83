using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Outages of the API server, and a leader that disappears without releasing its Lease.</summary>
public sealed class OutageTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("meet-outage-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task ApiServer_UnavailableBeyondLease_RoomsContinueAndStateRecovers()
    {
        await using var cluster = await TestCluster.StartAsync(data: _data.FullName);
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("goes-on");
        var before = Assert.Single((await cluster.WaitForReadyAsync("goes-on")).Status!.Assignments);
        var meetingId = (await cluster.TryMeetingAsync("goes-on"))!.Status!.MeetingId!;
        var node = cluster.Kubelet.Node(before.SfuNode);
        node.SetParticipants(meetingId, 1);
        await cluster.WaitForMeetingAsync("goes-on", seen => seen.Status!.Participants == 1, "has one participant");
        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "goes-on"), JsonNode.Parse("""{"spec":{"lifecycle":{"emptyTimeoutSeconds":2}}}""")!, default);
        await cluster.WaitForMeetingAsync("goes-on", seen => seen.Status!.ObservedGeneration == seen.Metadata.Generation, "ends soon once it is empty");
        using var http = new HttpClient();

        await cluster.StopServerAsync();
        await cluster.EventuallyAsync(async () => await LeadsAsync(http, cluster) == 0, "the leader gives up its Lease");
        node.SetParticipants(meetingId, 3);
        Assert.Equal(before.Generation, node.Rooms()[meetingId].Generation);
        await cluster.StartServerAsync();

        await cluster.EventuallyAsync(async () => await LeadsAsync(http, cluster) == 1, "it leads again");
        var after = await cluster.WaitForMeetingAsync("goes-on", seen => seen.Status!.Participants == 3, "counts participants who joined during the outage");
        Assert.Equal((MeetingPhase.Active, before.SfuNode, before.Generation), (after.Status!.Phase, after.Status.Assignments[0].SfuNode, after.Status.Assignments[0].Generation));
        Assert.Equal(before.Generation, node.Rooms()[meetingId].Generation);
        await cluster.CreateMeetingAsync("later");
        await cluster.WaitForReadyAsync("later");
    }

    [Fact]
    public async Task ApiServer_BrieflyUnavailable_MeetingsOfLostNodeMove()
    {
        await using var cluster = await TestCluster.StartAsync(data: _data.FullName);
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);

        await cluster.StopServerAsync();
        await cluster.Kubelet.KillAsync(before.SfuNode);
        await cluster.StartServerAsync();

        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode != before.SfuNode, "has moved");
        Assert.Equal(before.Generation + 1, moved.Status!.Assignments[0].Generation);
    }

    [Fact]
    public async Task Leader_CutOff_FollowerTakesOverAfterLeaseExpires()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("goes-on");
        var before = Assert.Single((await cluster.WaitForReadyAsync("goes-on")).Status!.Assignments);
        await cluster.StartOperatorAsync("operator-2");

        await proxy.DisposeAsync();
        Assert.Equal("operator-1", await HolderAsync(cluster));
        await cluster.CreateMeetingAsync("later");

        await cluster.WaitForReadyAsync("later");
        Assert.Equal("operator-2", await HolderAsync(cluster));
        var after = Assert.Single((await cluster.TryMeetingAsync("goes-on"))!.Status!.Assignments);
        Assert.Equal((before.SfuNode, before.Generation), (after.SfuNode, after.Generation));
    }

    private static async Task<int> LeadsAsync(HttpClient http, TestCluster cluster)
    {
        var metrics = await http.GetStringAsync(new Uri(cluster.OperatorAddress("operator-1"), "/metrics"));
        return metrics.Split('\n').Contains("meet_operator_leader 1") ? 1 : 0;
    }

    private static async Task<string?> HolderAsync(TestCluster cluster) =>
        (await cluster.Client.GetAsync<Lease>(new NamespacedName("meet-system", "meet-operator"), default)).Spec.HolderIdentity;
}
