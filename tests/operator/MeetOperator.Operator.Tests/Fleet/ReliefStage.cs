using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>Media nodes whose stress comes from the people on them, and the operator's decisions about it, second by second. People follow their meeting within a second.</summary>
internal sealed class ReliefStage
{
    private readonly FleetWakeups _wakeups = new();
    private readonly SortedDictionary<string, PollTarget> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Talk> _talks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _woken = [];
    private readonly int _cooldown;
    private readonly int _batch;
    private int _second;

    public ReliefStage(int cooldown = 180, int batch = 3)
    {
        (_cooldown, _batch) = (cooldown, batch);
        _wakeups.Meeting = key => _woken.Add(key.Name);
        Fleet = new MediaFleet(_wakeups, Time);
    }

    public ManualTime Time { get; } = new();

    public MediaFleet Fleet { get; private set; }

    /// <summary>Each meeting that began to leave a node: second, meeting, from, to.</summary>
    public List<(int Second, string Meeting, string From, string To)> Begun { get; } = [];

    /// <summary>The last finding about each overloaded node.</summary>
    public Dictionary<string, NodeFailure?> Findings { get; } = [];

    /// <summary>Rooms are never linked, so that no move ends.</summary>
    public bool NeverLinks { get; set; }

    public int Second => _second;

    public IEnumerable<string> Nodes => _nodes.Keys;

    public IReadOnlyDictionary<string, Talk> Talks => _talks;

    public static NamespacedName Key(string name) => new("meet-a", name);

    public static MeetingRef Ref(string name) => new(Key(name), "uid-" + name, name);

    /// <summary>The stress of a node; more than 1 is more than it can do.</summary>
    public double Stress(string node) => _talks.Values.Where(talk => talk.Node == node).Sum(static talk => talk.Load);

    public bool IsOverloaded(string node) => Fleet.View(Key(node)) is { IsOverloaded: true };

    public void AddNode(string name, bool isDraining = false)
    {
        var target = new PollTarget(Key(name), "pod-" + name, new Uri("http://127.0.0.1:1/"), "token");
        var node = new SfuNode
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "meet-a" },
            Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" }, Drain = isDraining ? new SfuNodeDrain { DeadlineSeconds = 3600 } : null },
            Status = isDraining ? new SfuNodeStatus { DrainRequestedAt = Time.GetUtcNow() } : null,
        };
        var pool = new SfuPool { Spec = new SfuPoolSpec { Capacity = new SfuCapacity { MaxParticipants = 5_000 }, Rebalance = new SfuRebalance { Batch = _batch, CooldownSeconds = _cooldown } } };
        Fleet.Observe(node, pool, new Pod { Metadata = new ObjectMeta { Uid = target.PodUid }, Status = new PodStatus { Phase = "Running" } }, false, target);
        _nodes[name] = target;
        Report(name);
    }

    /// <summary>Places a meeting and lets people join it.</summary>
    public void AddMeeting(string name, int people, double load)
    {
        Decide(name);
        _talks[name] = new Talk(Fleet.Current(Ref(name))!.Origin!.Node.Name, people, load);
    }

    public void Change(string meeting, int people, double load) => _talks[meeting] = _talks[meeting] with { People = people, Load = load };

    /// <summary>Another operator takes over with what the statuses show.</summary>
    public void ChangeLeader()
    {
        var stored = _talks.Keys.ToDictionary(static name => name, name => Fleet.Current(Ref(name))!);
        Fleet = new MediaFleet(_wakeups, Time);
        foreach (var (name, meeting) in stored)
        {
            Fleet.Adopt(Ref(name), [.. meeting.Nodes.Select(static node => new MeetingAssignment
            {
                Namespace = "meet-a",
                SfuNode = node.Node.Name,
                Role = node.Role,
                State = node.State switch { NodeAssignmentState.Preparing => AssignmentState.Preparing, NodeAssignmentState.Leaving => AssignmentState.Leaving, _ => AssignmentState.Ready },
                Generation = node.Generation,
                Participants = node.Participants,
            })]);
        }

        foreach (var node in _nodes.Keys.ToArray())
        {
            AddNode(node);
        }
    }

    public void Pass(int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            Step();
        }
    }

    /// <summary>What node controllers do every few seconds and meeting controllers when they are woken or their meeting moves.</summary>
    private void Step()
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        _second++;
        foreach (var (name, talk) in _talks.ToArray())
        {
            _talks[name] = talk with { Packets = talk.Packets + (long)(talk.Load * 100_000), Node = Fleet.Current(Ref(name))!.Origin!.Node.Name };
        }

        foreach (var node in _nodes.Keys)
        {
            Report(node);
        }

        foreach (var (node, index) in _nodes.Keys.Select(static (node, index) => (node, index)).ToArray())
        {
            if ((_second + index) % 5 == 0)
            {
                Findings[node] = IsOverloaded(node) ? Fleet.Relieve(Key(node), [.. Fleet.MeetingsOn(Key(node)).Select(static key => key.Name).Order(StringComparer.Ordinal).Select(name => (Ref(name), Demand(name)))]) : null;
            }
        }

        foreach (var name in _talks.Keys.Where(name => _woken.Contains(name) || Fleet.Current(Ref(name))!.Nodes.Count > 1).ToArray())
        {
            Decide(name);
        }

        _woken.Clear();
    }

    private MeetingDemand Demand(string name) => Fleet.Current(Ref(name)) is not { } known
        ? new MeetingDemand { MeetingId = name, Namespace = "meet-a" }
        : new MeetingDemand { MeetingId = name, Namespace = "meet-a", Participants = known.Participants, Current = MeetingDemands.Current(known) };

    private void Decide(string name)
    {
        var before = Fleet.Current(Ref(name));
        var decision = Fleet.Place(Demand(name), Ref(name))!;
        if (before is { Nodes: [var only] } && decision.Nodes.FirstOrDefault(static node => node.State == NodeAssignmentState.Preparing) is { } added)
        {
            Begun.Add((_second, name, only.Node.Name, added.SfuNode));
        }

        foreach (var node in Fleet.Current(Ref(name))!.Nodes.Where(static node => !node.RoomExists))
        {
            Fleet.RecordRoom(Ref(name), node.Node, node.Generation, 100);
        }
    }

    private void Report(string node)
    {
        var rooms = _talks.Where(entry => Fleet.Current(Ref(entry.Key))?.On(Key(node)) is not null).Select(entry => Room(entry.Key, entry.Value, node)).ToArray();
        Fleet.RecordReport(
            _nodes[node],
            new NodeReport
            {
                Node = node,
                Version = "1",
                InstanceId = node,
                State = NodeState.Ready,
                StartedAt = Time.GetUtcNow(),
                CanLink = true,
                Participants = rooms.Sum(static room => room.Participants),
                Stress = Math.Min(1, Stress(node)),
                Rooms = rooms,
            },
            Time.GetTimestamp());
    }

    private RoomReport Room(string name, Talk talk, string node)
    {
        var meeting = Fleet.Current(Ref(name))!;
        var here = meeting.On(Key(node))!;
        return new RoomReport
        {
            Room = name,
            Generation = here.Generation,
            Participants = talk.Node == node ? talk.People : 0,
            PacketsOut = talk.Packets,
            Links = NeverLinks ? [] : [.. meeting.Nodes.Where(other => other != here).Select(other => new LinkReport
            {
                Link = MeetingLinks.IdOf(name, here.Node, other.Node),
                Peer = other.Node.ToString(),
                Tag = (uint)here.Generation,
                PeerTag = (uint)other.Generation,
                State = LinkEndState.Up,
            })],
        };
    }

    /// <summary>The people of a meeting, the node that they are on, and the stress that they cause.</summary>
    internal sealed record Talk(string Node, int People, double Load)
    {
        public long Packets { get; init; }
    }
}
