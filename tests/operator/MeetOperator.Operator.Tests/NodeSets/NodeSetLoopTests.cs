using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.NodeSets;

namespace MeetOperator.Operator.Tests.NodeSets;

public sealed class NodeSetLoopTests
{
    private readonly RecordedSet _set = new();

    [Fact]
    public async Task Run_PlanWithAllKinds_DrainsThenBringsBackThenCreates()
    {
        var failure = await RunAsync(new NodeSetPlan(1, ["c"], ["a"]), Node("a"), Node("b"), Node("c") with { IsLeaving = true });

        Assert.Null(failure);
        Assert.Equal(["drain a Plan", "keep b", "keep c", "return c", "create"], _set.Calls);
    }

    [Fact]
    public async Task Run_PlanWithSurplus_KeepsItAsSurplus()
    {
        await RunAsync(new NodeSetPlan(0, [], []) { Surplus = ["b"] }, Node("a"), Node("b"));

        Assert.Equal(["keep a", "keep b as surplus"], _set.Calls);
    }

    [Fact]
    public async Task Run_ManyMissing_CreatesLimitedNumber()
    {
        await RunAsync(new NodeSetPlan(1000, [], []));

        Assert.Equal(NodeSetLoop.MaxCreated, _set.Calls.Count(call => call == "create"));
    }

    [Fact]
    public async Task Run_CreationFails_StopsCreatingAndReturnsFailure()
    {
        _set.FailingCreation = 2;

        var failure = await RunAsync(new NodeSetPlan(5, [], ["a"]), Node("a"));

        Assert.Equal("NoRoom", failure?.Reason);
        Assert.Equal(["drain a Plan", "create", "create"], _set.Calls);
    }

    [Fact]
    public async Task Run_EmptyNodeGotWork_IsNotDrained()
    {
        _set.Busy.Add("a");

        await RunAsync(new NodeSetPlan(0, [], ["a", "b", "c"]), Empty("a"), Empty("b"), Node("c"));

        Assert.Equal(["close a", "close b", "drain b Plan", "drain c Plan"], _set.Calls);
    }

    [Fact]
    public async Task DrainAll_SomeAlreadyLeave_DrainsTheOthers()
    {
        await NodeSetLoop.DrainAllAsync(_set, [Node("a"), Node("b") with { IsLeaving = true }, Empty("c")], CancellationToken.None);

        Assert.Equal(["drain a Deletion", "drain c Deletion"], _set.Calls);
    }

    private static TestMember Node(string name) => new() { Name = name, IsCurrent = true };

    private static TestMember Empty(string name) => new() { Name = name, IsCurrent = true, IsEmpty = true };

    private Task<NodeFailure?> RunAsync(NodeSetPlan plan, params TestMember[] nodes) => NodeSetLoop.RunAsync(_set, plan, nodes, CancellationToken.None);

    private sealed record TestMember : NodeSetMember
    {
        public override bool IsReady => true;

        public override bool HasFailed => false;
    }

    /// <summary>A set in memory that records the calls in their order.</summary>
    private sealed class RecordedSet : INodeSet
    {
        private int _created;

        public List<string> Calls { get; } = [];

        /// <summary>Nodes that have got work since they were described.</summary>
        public HashSet<string> Busy { get; } = [];

        /// <summary>The creation that fails.</summary>
        public int FailingCreation { get; set; } = int.MaxValue;

        public Task<NodeFailure?> CreateAsync(CancellationToken ct)
        {
            Calls.Add("create");
            return Task.FromResult(++_created >= FailingCreation ? new NodeFailure("NoRoom", "no room") : null);
        }

        public void KeepOpen(NodeSetMember node, bool isSurplus) => Calls.Add($"keep {node.Name}{(isSurplus ? " as surplus" : string.Empty)}");

        public bool TryClose(string name)
        {
            Calls.Add($"close {name}");
            return !Busy.Contains(name);
        }

        public Task DrainAsync(string name, DrainCause cause, CancellationToken ct)
        {
            Calls.Add($"drain {name} {cause}");
            return Task.CompletedTask;
        }

        public Task BringBackAsync(string name, CancellationToken ct)
        {
            Calls.Add($"return {name}");
            return Task.CompletedTask;
        }
    }
}
