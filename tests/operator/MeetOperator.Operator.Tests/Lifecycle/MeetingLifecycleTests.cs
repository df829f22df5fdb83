using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class MeetingLifecycleTests
{
    [Fact]
    public async Task Meeting_Created_BecomesReadyWithRoom()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();

        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");

        var status = meeting.Status!;
        Assert.Equal(MeetingPhase.Ready, status.Phase);
        Assert.Equal(meeting.Metadata.Uid, status.MeetingId);
        Assert.Equal($"https://meet.example/m/{meeting.Metadata.Uid}", status.JoinUrl);
        Assert.Equal(meeting.Metadata.Generation, status.ObservedGeneration);
        Assert.Equal("local", status.Region);
        Assert.Contains(MeetFinalizers.FreeRoom, meeting.Metadata.Finalizers!);
        var assignment = Assert.Single(status.Assignments);
        Assert.Equal((1, AssignmentState.Ready, "meet-a"), (assignment.Generation, assignment.State, assignment.Namespace));
        Assert.Equal(1, cluster.Kubelet.Node(assignment.SfuNode).Rooms()[status.MeetingId!].Generation);
    }

    [Fact]
    public async Task Meeting_NameIsUuid_IsUsedAsId()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var id = Guid.NewGuid().ToString();

        await cluster.CreateMeetingAsync(id);

        Assert.Equal(id, (await cluster.WaitForReadyAsync(id)).Status!.MeetingId);
        Assert.Contains(id, Assert.Single(cluster.Kubelet.Nodes).Rooms().Keys);
    }

    [Fact]
    public async Task Meeting_ParticipantsJoinAndLeave_AreCounted()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(cluster.Kubelet.Nodes);

        node.SetParticipants(meeting.Status!.MeetingId!, 3);
        var active = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Active, "is active");
        Assert.Equal((3, 3), (active.Status!.Participants, active.Status.PeakParticipants));
        Assert.NotNull(active.Status.StartedAt);
        Assert.Null(active.Status.EmptySince);
        Assert.Equal(3, Assert.Single(active.Status.Assignments).Participants);

        node.SetParticipants(meeting.Status.MeetingId!, 0);
        var empty = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Ready, "is empty again");
        Assert.Equal((0, 3), (empty.Status!.Participants, empty.Status.PeakParticipants));
        Assert.NotNull(empty.Status.EmptySince);
        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("a")).Status!.Usage is { ConcurrentMeetings: 1, Participants: 0 }, "the tenant's usage is written");
    }

    [Fact]
    public async Task Meeting_DesiredStateEnded_EndsRoomAndIsDeletedAfterTtl()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup", new MeetingSpec { Lifecycle = new MeetingLifecycle { TtlSecondsAfterFinished = 2 } });
        await cluster.WaitForReadyAsync("standup");

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);

        var ended = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Ended, "has ended");
        Assert.Equal("DesiredState", ended.Status!.EndReason);
        Assert.NotNull(ended.Status.EndedAt);
        Assert.Empty(ended.Status.Assignments);
        Assert.False(ended.IsReady());
        Assert.Empty(Assert.Single(cluster.Kubelet.Nodes).Rooms());
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the object is deleted after its time to live");
    }

    [Fact]
    public async Task Meeting_Deleted_EndsRoom()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);

        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the finalizer is removed");
        Assert.Empty(Assert.Single(cluster.Kubelet.Nodes).Rooms());
    }

    [Fact]
    public async Task Meeting_EmptyTimeout_Ends()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();

        await cluster.CreateMeetingAsync("standup", new MeetingSpec { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 1 } });

        var ended = await cluster.WaitForMeetingAsync("standup", seen => seen.Status?.Phase == MeetingPhase.Ended, "has ended");
        Assert.Equal("Empty", ended.Status!.EndReason);
        Assert.Contains("emptyTimeoutSeconds", ended.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Meeting_SpecChanged_UpdatesRoom()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForReadyAsync("standup");

        await cluster.Client.MergePatchAsync<Meeting>(meeting.Metadata.NamespacedName, JsonNode.Parse("""{"spec":{"maxParticipants":7,"media":{"codecs":["VP9"]}}}""")!, default);

        await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.ObservedGeneration == seen.Metadata.Generation, "was observed");
        var spec = Assert.Single(cluster.Kubelet.Nodes).Read(meeting.Status!.MeetingId!, room => room.Spec);
        Assert.Equal(7, spec.MaxParticipants);
        Assert.Equal(["VP9"], spec.Codecs);
    }
}
