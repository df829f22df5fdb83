using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Two nodes with links, and a meeting with two participants on the first.</summary>
internal sealed record MoveStage(TestCluster Cluster, string Id, SimulatedMediaNode First, SimulatedMediaNode Second)
{
    public static readonly NamespacedName Key = new("meet-a", "standup");

    public static async Task<MoveStage> StartAsync(TestCluster cluster)
    {
        await cluster.WithTenantAsync(replicas: 2);
        foreach (var node in cluster.Kubelet.Nodes)
        {
            node.AnnouncesLinks = true;
        }

        cluster.Kubelet.Paused = true; // The replacement of the drained node does not start, so there is only one other node.
        await cluster.CreateMeetingAsync(Key.Name);
        var status = (await cluster.WaitForReadyAsync(Key.Name)).Status!;
        var first = cluster.Kubelet.Node(status.Assignments[0].SfuNode);
        first.SetParticipants(status.MeetingId!, 2);
        await cluster.WaitForMeetingAsync(Key.Name, seen => seen.Status!.Participants == 2, "has participants");
        var second = cluster.Kubelet.Nodes.Single(node => node != first);
        var requests = second.Requests;
        await cluster.EventuallyAsync(() => Task.FromResult(second.Requests >= requests + 2), "the operator has read that the second node knows links");
        return new MoveStage(cluster, status.MeetingId!, first, second);
    }

    public Task DrainAsync() => PatchNodeAsync("""{"spec":{"drain":{"deadlineSeconds":0,"reason":"test"}}}""");

    public Task PatchNodeAsync(string patch, string? name = null) => Cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", name ?? First.Name), JsonNode.Parse(patch)!, default);

    public async Task<MeetingStatus> WaitAsync(Func<MeetingStatus, bool> condition, string what) =>
        (await Cluster.WaitForMeetingAsync(Key.Name, seen => seen.Status is { } status && condition(status), what)).Status!;
}
