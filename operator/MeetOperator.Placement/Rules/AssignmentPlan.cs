using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Rules;

/// <summary>The assignments of a meeting while the rules decide about them, each rule on the result of the previous one. Immutable.</summary>
internal sealed record AssignmentPlan(PlacementInput Input, DateTimeOffset Now)
{
    public required IReadOnlyList<NodeAssignment> Nodes { get; init; }

    /// <summary>The highest generation that the meeting has used.</summary>
    public required long Generation { get; init; }

    /// <summary>What has changed; Kept while nothing has.</summary>
    public PlacementOutcome Outcome { get; init; } = PlacementOutcome.Kept;

    /// <summary>The reason of the change; null while there is none.</summary>
    public string? Reason { get; init; }
    public IReadOnlyList<Rejection> Rejections { get; init; } = [];

    /// <summary>Whether to decide again soon: the meeting should have another node and none can take it now, or a node has not reported yet.</summary>
    public bool NeedsRetry { get; init; }

    /// <summary>Whether to decide again some time: the meeting would use a node in another region, and there is none now.</summary>
    public bool MayGrowLater { get; init; }

    /// <summary>The answer to a requested move; null while there is none.</summary>
    public MoveAnswer? Move { get; init; }

    /// <summary>Whether there is a standby; null while no rule has decided about it.</summary>
    public StandbyState? StandbyState { get; init; }

    public FilterContext Context => new(Input.Demand, Input.Options, Now, UsedRegions.Of(Nodes, Input.Demand.Current?.Region ?? Input.Demand.NearRegion));

    public NodeAssignment? Origin => Nodes.FirstOrDefault(static node => node.Role == AssignmentRole.Origin);

    /// <summary>The node that is kept ready for a loss, also while it is prepared.</summary>
    public NodeAssignment? Standby => Nodes.FirstOrDefault(static node => node.Role == AssignmentRole.Standby);

    /// <summary>The nodes that participants use, may use soon, or leave.</summary>
    public IEnumerable<NodeAssignment> Used => Nodes.Where(static node => node.Role != AssignmentRole.Standby);

    /// <summary>Whether each node has reported. After a change of leader, neither the places on a node nor its links are known before.</summary>
    public bool AreNodesKnown => Nodes.All(node => SnapshotOf(node) is not { LastSeen: null, State: not SfuNodeState.Unhealthy });

    public NodeSnapshot? SnapshotOf(NodeAssignment assignment) =>
        Input.Nodes.FirstOrDefault(candidate => candidate.Name == assignment.SfuNode && candidate.Namespace == assignment.Namespace);

    /// <summary>Removes an entry. Its room may still exist, so the meeting's generation exceeds it from now on.</summary>
    public AssignmentPlan Without(NodeAssignment removed, PlacementOutcome outcome, string reason) => (this with
    {
        Nodes = [.. Nodes.Where(node => !IsSame(node, removed))],
        Generation = Math.Max(Generation, removed.Generation + 1),
    }).Record(outcome, reason);

    /// <summary>Records a change. A change of the origin remains the outcome, whatever follows from it. That a node was left is said before what follows.</summary>
    public AssignmentPlan Record(PlacementOutcome outcome, string reason) => Outcome switch
    {
        PlacementOutcome.Moved => this,
        PlacementOutcome.Left => this with { Outcome = outcome, Reason = $"{Reason}; {reason}" },
        _ => this with { Outcome = outcome, Reason = reason },
    };

    /// <summary>Replaces the entry of the same media node.</summary>
    public AssignmentPlan With(NodeAssignment changed) => this with { Nodes = [.. Nodes.Select(node => IsSame(node, changed) ? changed : node)] };

    /// <summary>The same plan for the choice of a node that a number of participants will use.</summary>
    public AssignmentPlan For(int participants) => this with { Input = Input with { Demand = Input.Demand with { Participants = participants } } };

    /// <summary>Participants have time to leave a node.</summary>
    public AssignmentPlan MarkLeaving(NodeAssignment node) => With(node with
    {
        Role = AssignmentRole.Edge,
        State = NodeAssignmentState.Leaving,
        Deadline = Now.AddSeconds(SnapshotOf(node) is { IsEnding: true } ? Input.Options.EndingLeaveSeconds : Input.Options.LeaveSeconds),
        Facts = AssignmentFacts.None,
    });

    /// <summary>Whether the operator can have the node's room linked: it responds, knows links, and clients of the meeting reach it.</summary>
    public static bool CanLink(NodeSnapshot node) =>
        (!node.IsCutOff || node.ServesMeeting) && node is { HasLinks: true, State: SfuNodeState.Ready or SfuNodeState.Allocated or SfuNodeState.Draining };

    /// <summary>The same with a node whose participants are to use another one.</summary>
    public FilterContext ContextFor(NodeAssignment? replaced) => replaced is null ? Context : Context with { Regions = Context.Regions?.Replacing(replaced.Region) };

    /// <summary>Chooses a further node, or one in place of an entry.</summary>
    /// <param name="leaving">The entry whose node is a candidate all the same; null when the plan keeps all.</param>
    /// <param name="only">The candidates; null for all nodes.</param>
    /// <param name="replaced">The entry whose participants are to use the node; null when it is for others.</param>
    public NodeChoice Choose(NodeAssignment? leaving = null, Func<NodeSnapshot, bool>? only = null, NodeAssignment? replaced = null) => NodeChoice.Among(
        only is null ? Input : Input with { Nodes = [.. Input.Nodes.Where(only)] },
        ContextFor(replaced ?? leaving),
        node => Nodes.Any(each => each != leaving && each.SfuNode == node.Name && each.Namespace == node.Namespace));

    /// <summary>A new assignment with the next generation.</summary>
    public NodeAssignment Assign(NodeSnapshot node, AssignmentRole role) => new()
    {
        Namespace = node.Namespace,
        SfuNode = node.Name,
        Region = node.Region,
        Role = role,
        State = NodeAssignmentState.Preparing,
        Generation = Generation + 1,
    };

    /// <summary>The decision that the plan amounts to: the origin first, the others in their order.</summary>
    public PlacementDecision ToDecision() => new()
    {
        Outcome = Outcome,
        Nodes = Outcome == PlacementOutcome.Kept ? Nodes : [.. Nodes.OrderBy(static node => node.Role == AssignmentRole.Origin ? 0 : 1)],
        Generation = Generation,
        Reason = Reason ?? $"stays on {Origin?.SfuNode}",
        Rejections = Rejections,
        NeedsRetry = NeedsRetry,
        MayGrowLater = MayGrowLater,
        Move = Move,
        Standby = StandbyState,
    };

    private static bool IsSame(NodeAssignment left, NodeAssignment right) => left.SfuNode == right.SfuNode && left.Namespace == right.Namespace;
}
