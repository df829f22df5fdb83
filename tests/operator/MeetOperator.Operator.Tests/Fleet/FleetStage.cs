using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>A fleet whose nodes, polls and time a test controls.</summary>
public abstract class FleetStage
{
    protected FleetStage()
    {
        Wakeups.Meeting = key => Woken.Add(key.Name);
        Fleet = new MediaFleet(Wakeups, Time);
    }

    private protected ManualTime Time { get; } = new();

    private protected FleetWakeups Wakeups { get; } = new();

    /// <summary>The meetings that were to be reconciled, in order.</summary>
    protected List<string> Woken { get; } = [];

    private protected MediaFleet Fleet { get; }

    private protected void ReportRoom(PollTarget target, string meeting, long generation, int participants) =>
        Fleet.RecordReport(target, Of() with { Rooms = [new RoomReport { Room = meeting, Generation = generation, Participants = participants }] }, Time.GetTimestamp());

    private protected static MeetingRef Ref(string name) => new(Key(name), "uid-" + name, name);

    private protected static NamespacedName Key(string name) => new("meet-a", name);

    private protected static FormerNode Former(string node) => new() { SfuNode = node, Namespace = "meet-a", Generation = 1 };

    /// <summary>Places the meeting on n1, the only node so far, and moves it to n2.</summary>
    private protected void MoveToOtherNode(string meeting)
    {
        PlaceWithRoom(meeting);
        AddNode("n2");
        Fleet.RecordRoomRejection(Ref(meeting), Key("n1"), 1, "full");
        Assert.Equal("n2", Place(meeting, Fleet.Current(Ref(meeting))).Nodes.Single().SfuNode);
        Woken.Clear();
    }

    private protected PollTarget AddNode(string name, int maxMeetings = 200, string @namespace = "meet-a", bool shared = false)
    {
        var target = Observe(name, "pod-" + name, maxMeetings, @namespace: @namespace, shared: shared);
        Report(target);
        return target;
    }

    private protected PollTarget Observe(string name, string? podUid, int maxMeetings, ContainerStatus? container = null, ContainerStatus? sidecar = null, string @namespace = "meet-a", bool shared = false, SfuNodeDrain? drain = null, DateTimeOffset? deletedAt = null, bool tenantNamespace = true)
    {
        var target = new PollTarget(new NamespacedName(@namespace, name), podUid ?? string.Empty, new Uri("http://127.0.0.1:1/"), "token");
        var node = new SfuNode { Metadata = new ObjectMeta { Name = name, Namespace = @namespace }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" }, Drain = drain }, Status = drain is null ? null : new SfuNodeStatus { DrainRequestedAt = Time.GetUtcNow() } };
        var pool = new SfuPool { Spec = new SfuPoolSpec { Capacity = new SfuCapacity { MaxMeetings = maxMeetings, MaxParticipants = 50_000 } } };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = podUid, DeletionTimestamp = deletedAt }, Status = new PodStatus { Phase = "Running", ContainerStatuses = container is null ? null : sidecar is null ? [container] : [container, sidecar] } };
        Fleet.Observe(node, pool, podUid is null ? null : pod, shared, podUid is null ? null : target, tenantNamespace: tenantNamespace);
        return target;
    }

    private protected void ObserveUnscheduled(string name)
    {
        var node = new SfuNode { Metadata = new ObjectMeta { Name = name, Namespace = "meet-a" }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } } };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = "unscheduled" }, Status = new PodStatus { Phase = "Pending", Conditions = [new PodCondition { Type = "PodScheduled", Status = "False", Message = "0/1 nodes are available" }] } };
        Fleet.Observe(node, new SfuPool { Spec = new SfuPoolSpec() }, pod, false, null);
    }

    private protected static ContainerStatus Container(bool isReady) => new() { Name = "media-node", Ready = isReady, State = new ContainerState { Running = new ContainerStateRunning() } };

    private protected void Miss(PollTarget target, int polls, bool isUntrusted = false)
    {
        for (var poll = 0; poll < polls; poll++)
        {
            Fleet.RecordMissedPoll(target, "no answer", isUntrusted: isUntrusted);
        }
    }

    private protected PlacementDecision Place(string meeting, AssignedMeeting? current = null) => Fleet.Place(
        new MeetingDemand { MeetingId = meeting, Namespace = "meet-a", Current = current is null ? null : MeetingDemands.Current(current) }, Ref(meeting))!;

    private protected void PlaceWithRoom(string meeting)
    {
        var placed = Place(meeting).Nodes.Single();
        Fleet.RecordRoom(Ref(meeting), Key(placed.SfuNode), placed.Generation, 100);
        Time.Advance(TimeSpan.FromMilliseconds(1));
    }

    private protected IReadOnlyList<OrphanRoom> Report(PollTarget target, params (string Room, int People)[] rooms) => Fleet.RecordReport(target, Of(rooms), Time.GetTimestamp());

    /// <summary>Sends the same report once a second for this long, and returns the rooms to end.</summary>
    private protected List<OrphanRoom> ReportFor(TimeSpan time, PollTarget target, params (string Room, int People)[] rooms)
    {
        var ended = new List<OrphanRoom>();
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            ended.AddRange(Report(target, rooms));
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        return ended;
    }

    private protected NodeReport Of(params (string Room, int People)[] rooms) => new()
    {
        Node = "n",
        Version = "1",
        InstanceId = "i",
        State = NodeState.Ready,
        StartedAt = Time.GetUtcNow(),
        Rooms = [.. rooms.Select(room => new RoomReport { Room = room.Room, Generation = 1, Participants = room.People })],
    };
}
