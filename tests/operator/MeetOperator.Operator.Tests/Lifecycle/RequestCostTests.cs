using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class RequestCostTests
{
    /// <summary>Finalizer, four statuses, deletion and finalizer removal. With one event and the requests of clients, a meeting costs ten requests.</summary>
    private const int Most = 7;

    [Fact]
    public async Task Meeting_WholeLifecycle_CostsFewRequests()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.WithTenantAsync();
        var before = Count(proxy);

        await cluster.CreateMeetingAsync("standup", new MeetingSpec { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 0, TtlSecondsAfterFinished = 0 } });
        var meetingId = (await cluster.WaitForReadyAsync("standup")).Status!.MeetingId!;
        var node = Assert.Single(cluster.Kubelet.Nodes);
        node.SetParticipants(meetingId, 2);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "has participants");
        node.SetParticipants(meetingId, 0);
        await cluster.WaitForMeetingAsync("standup", seen => seen.Status is { Phase: MeetingPhase.Ready, Participants: 0 }, "is empty again");
        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the meeting is deleted");

        Assert.InRange(Count(proxy) - before, 1, Most);
        var reasons = (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Where(seen => seen.InvolvedObject.Name == "standup").Select(seen => seen.Reason);
        Assert.Equal(["Placed"], reasons);
    }

    /// <summary>Number of the operator's requests about meetings, without watches.</summary>
    private static int Count(RbacProxy proxy) => proxy.Asked
        .Where(entry => entry.Key.Split(' ') is [not ("watch" or "list"), var resource] && resource.Contains("/meetings", StringComparison.Ordinal))
        .Sum(entry => entry.Value);
}
