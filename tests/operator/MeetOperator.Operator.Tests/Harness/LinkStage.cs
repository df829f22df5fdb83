using System.Security.Cryptography;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Links;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Terms;
using MeetOperator.Testing;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>Simulated media nodes with meetings that are assigned to all of them, and a leader that links them. A test decides when the leader polls and advances.</summary>
internal sealed class LinkStage : IAsyncDisposable
{
    private readonly ControlAuthority _authority = PolledFleet.NewAuthority();
    private readonly LoggerFactory _logs;
    private readonly List<SimulatedMediaNode> _nodes = [];
    private readonly List<MeetingRef> _meetings = [];
    private readonly Func<int, byte[]> _random;
    private NodeClients _clients = null!;
    private long _term;

    private LinkStage(Func<int, byte[]>? random)
    {
        _logs = new LoggerFactory([Log]);
        _random = random ?? RandomNumberGenerator.GetBytes;
    }

    public ManualTime Time { get; } = new();
    public RecordedLog Log { get; } = new();
    public IReadOnlyList<SimulatedMediaNode> Nodes => _nodes;
    public MediaFleet Fleet { get; private set; } = null!;
    public RoomKeeper Rooms { get; private set; } = null!;
    public LinkKeeper Keeper { get; private set; } = null!;

    /// <summary>The first meeting.</summary>
    public MeetingRef Meeting => _meetings[0];

    /// <summary>The delay until the next look, from the last advance of the first meeting.</summary>
    public TimeSpan? Next { get; private set; }

    public int Puts => _nodes.Sum(node => node.LinkPuts);

    /// <summary>Whether the first meeting's nodes are all linked according to their last reports.</summary>
    public bool AreLinked => Fleet.Current(Meeting)!.Nodes.All(node => MeetingLinks.IsLinked(Fleet.Current(Meeting)!, node.Node, key => Fleet.FindReport(key, Meeting.Id)?.Room));

    /// <param name="nodes">The number of nodes, named n1, n2 and so on.</param>
    /// <param name="meetings">The number of meetings, each with a room on every node.</param>
    /// <param name="random">The source of secrets; null uses a cryptographic generator.</param>
    public static async Task<LinkStage> StartAsync(int nodes = 2, int meetings = 1, Func<int, byte[]>? random = null)
    {
        var stage = new LinkStage(random);
        for (var number = 1; number <= nodes; number++)
        {
            var node = await PolledFleet.StartNodeAsync($"n{number}", stage._authority);
            node.AnnouncesLinks = true;
            stage._nodes.Add(node);
        }

        for (var number = 1; number <= meetings; number++)
        {
            var meeting = NewMeeting(number);
            stage._meetings.Add(meeting);
            stage._nodes.ForEach(node => node.AddRoom(meeting.Id, generation: 1));
        }

        stage.ChangeLeader();
        return stage;
    }

    public static NamespacedName Key(SimulatedMediaNode node) => new("meet-a", node.Name);

    /// <summary>A replica without memory takes over. It knows the assignments from the statuses of the meetings.</summary>
    public void ChangeLeader()
    {
        _clients?.Dispose();
        var term = ++_term;
        Fleet = new MediaFleet(new FleetWakeups(), Time);
        _clients = new NodeClients(new LeaderTerm(() => term, static () => { }, static _ => { }), _authority, TimeProvider.System);
        var callLimit = new NodeCallLimit(8, Time);
        Rooms = new RoomKeeper(Fleet, _clients, callLimit, Time);
        Keeper = new LinkKeeper(Fleet, _clients, callLimit, _random, _logs.CreateLogger<LinkKeeper>(), Time);
        _nodes.ForEach(node => Observe(node));
        _meetings.ForEach(meeting => Assign(meeting, generation: 1, _nodes));
    }

    /// <summary>Assigns a meeting to exactly these nodes.</summary>
    public void Assign(MeetingRef meeting, long generation, IEnumerable<SimulatedMediaNode> nodes) => Fleet.Adopt(meeting, [.. nodes.Select(node =>
        new MeetingAssignment { Namespace = "meet-a", SfuNode = node.Name, Generation = generation, State = AssignmentState.Ready })]);

    /// <summary>Polls all nodes, then advances all meetings.</summary>
    public async Task RoundAsync()
    {
        await PollAllAsync();
        foreach (var meeting in _meetings)
        {
            var next = await Keeper.AdvanceAsync(Fleet.Current(meeting)!, new HashSet<NamespacedName>(), default);
            Next = meeting == Meeting ? next : Next;
        }
    }

    public async Task PollAllAsync()
    {
        Time.Advance(TimeSpan.FromMilliseconds(1));
        foreach (var node in _nodes)
        {
            await PollAsync(node);
        }

        Time.Advance(TimeSpan.FromMilliseconds(1));
    }

    /// <summary>Polls and advances once a second for this long.</summary>
    public async Task RunAsync(TimeSpan time, Action? afterEachRound = null)
    {
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            await RoundAsync();
            afterEachRound?.Invoke();
            Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>The spec of the only link of the first meeting on a node.</summary>
    public LinkSpec SpecOn(SimulatedMediaNode node) => Assert.Single(node.Links(Meeting.Id)).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _clients.Dispose();
        _logs.Dispose();
    }

    /// <summary>A meeting of the REST API: its name is its ID.</summary>
    private static MeetingRef NewMeeting(int number)
    {
        var id = Guid.NewGuid().ToString("D");
        return new MeetingRef(new NamespacedName("meet-a", id), $"uid-{number}", id);
    }

    private void Observe(SimulatedMediaNode node)
    {
        var target = PolledFleet.Target(node);
        var metadata = new ObjectMeta { Name = node.Name, Namespace = "meet-a" };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = target.PodUid }, Status = new PodStatus { Phase = "Running", PodIp = node.Address.Host } };
        Fleet.Observe(new SfuNode { Metadata = metadata, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } } }, new SfuPool { Spec = new SfuPoolSpec() }, pod, false, target);
    }

    private async Task PollAsync(SimulatedMediaNode node)
    {
        var (target, started) = (PolledFleet.Target(node), Time.GetTimestamp());
        try
        {
            var report = await _clients.Of(target).GetNodeAsync(default);
            Assert.Null(ReportRules.FindRejection(report, _term));
            Fleet.RecordReport(target, report, started);
        }
        catch (HttpRequestException)
        {
            Fleet.RecordMissedPoll(target, "no answer");
        }
    }
}
