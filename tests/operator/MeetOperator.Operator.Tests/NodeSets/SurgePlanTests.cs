using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.NodeSets;

namespace MeetOperator.Operator.Tests.NodeSets;

/// <summary>Rollouts with extra nodes.</summary>
public sealed class SurgePlanTests
{
    private static readonly PoolNode[] TwoOld = [Old("a", participants: 3), Old("b", participants: 1)];

    [Fact]
    public void Decide_OutdatedNodes_AreReplacedWithOneExtraNode()
    {
        Expect(Decide(2, TwoOld), create: 1);
        Expect(Decide(2, [.. TwoOld, New("c", SfuNodeState.Starting)]), create: 0);
        Expect(Decide(2, [.. TwoOld, New("c")]), create: 0, "b");
        Expect(Decide(2, [TwoOld[0], TwoOld[1] with { IsLeaving = true }, New("c")]), create: 0);
        Expect(Decide(2, [TwoOld[0], New("c")]), create: 1);
        Expect(Decide(2, [TwoOld[0], New("c"), New("d")]), create: 0, "a");
        Expect(Decide(2, [New("c"), New("d")]), create: 0);
    }

    [Fact]
    public void Decide_LargerSurge_DrainsAsManyAsAreReadyBeyondReplicas()
    {
        PoolNode[] old = [Old("a"), Old("b"), Old("c"), Old("d")];

        Expect(Decide(4, [.. old, New("e")], surge: 2), create: 1, "a");
        Expect(Decide(4, [.. old, New("e"), New("f")], surge: 2), create: 0, "a", "b");
        Expect(Decide(4, [.. old, New("e"), New("f", SfuNodeState.Starting)], surge: 2), create: 0, "a");
    }

    [Fact]
    public void Decide_Drains_MoveWorkAtOnce() => Assert.Equal(DrainCause.Replacement, Decide(2, [.. TwoOld, New("c")]).Cause);

    [Fact]
    public void Decide_NewNodeNeverReady_KeepsOldNodes() => Expect(Decide(1, [Old("a"), New("b", SfuNodeState.Starting) with { IsUnrecoverable = true }]), create: 0);

    [Fact]
    public void Decide_OldNodeNeverEmpty_OthersContinueWithinSurge()
    {
        PoolNode[] nodes = [Old("stuck") with { IsLeaving = true }, Old("a"), Old("b"), New("c")];

        Expect(Decide(3, nodes, surge: 1), create: 0);
        Expect(Decide(3, nodes, surge: 2), create: 1);
    }

    [Fact]
    public void Decide_TemplateChangesAgain_ReplacesStartingNodeOfFormerTemplate()
    {
        PoolNode[] nodes = [.. TwoOld, Old("mid") with { State = SfuNodeState.Starting, IsEmpty = true }];

        Expect(Decide(2, nodes), create: 0, "mid");
        Expect(Decide(2, [.. TwoOld, nodes[2] with { IsLeaving = true }]), create: 0);
        Expect(Decide(2, TwoOld), create: 1);
    }

    [Fact]
    public void Decide_TemplateChangedBack_TakesDrainingNodesBack()
    {
        var plan = Decide(2, [New("a") with { IsLeaving = true, CanReturn = true, State = SfuNodeState.Draining }, New("b"), Old("c")]);

        Assert.Equal(["a"], plan.BringBack);
        Expect(plan, create: 0);
    }

    [Fact]
    public void Decide_ScaledDownInTheMiddle_DrainsUnreadyThenOutdatedThenEmptiest()
    {
        PoolNode[] nodes = [Old("a", participants: 9), Old("b", participants: 1), New("c", participants: 5), New("d", SfuNodeState.Starting)];

        Expect(Decide(2, nodes), create: 0, "d");
        Expect(Decide(1, [.. nodes[..3]]), create: 0, "b");
        Assert.Empty(Decide(2, [nodes[0], nodes[1], nodes[2], nodes[3] with { IsLeaving = true, CanReturn = true }]).BringBack);
    }

    [Fact]
    public void Decide_DrainedNodeHasEnded_WaitsUntilItIsGone()
    {
        var ended = Old("b") with { IsLeaving = true, IsDead = true, State = SfuNodeState.Unhealthy };

        Expect(Decide(2, [Old("a"), ended, New("c")]), create: 0);
        Expect(Decide(2, [Old("a"), ended with { IsOutOfService = true }, New("c")]), create: 1); // Nobody ends it.
    }

    [Fact]
    public void Decide_ScaledToZero_DrainsAll() => Expect(Decide(0, TwoOld), create: 0, "b", "a");

    [Fact]
    public void Decide_ClusterNodeCordonedInTheMiddle_ReplacesItAndCreatesNoOtherExtraNode()
    {
        PoolNode[] nodes = [Old("a"), Old("away") with { IsOutOfService = true }, New("c")];

        Expect(Decide(2, nodes), create: 0, "away");
        Expect(Decide(2, [Old("a"), nodes[1] with { IsLeaving = true }, New("c")]), create: 0);
    }

    [Fact]
    public void Decide_NoSparePorts_ReplacesOnlyUnusedNode()
    {
        PoolNode[] used = [Old("a", participants: 3), Old("b", participants: 1)];

        var waits = Decide(2, used, spare: false);
        Expect(waits, create: 0);
        Assert.True(waits.LacksSpare);
        Expect(Decide(2, [used[0], Old("b") with { IsEmpty = true }], spare: false), create: 0, "b");
        Expect(Decide(2, [Old("a") with { IsEmpty = true }, New("b", SfuNodeState.Unhealthy)], spare: false), create: 0);
    }

    [Fact]
    public void Decide_Paused_BeginsNoStepAndScales()
    {
        PoolNode[] nodes = [.. TwoOld, New("c")];

        Expect(Decide(2, nodes, new NodeSetRollout(IsPaused: true, WhenEmpty: false) { MaxSurge = 1, KeptSurge = 1 }), create: 0);
        Expect(Decide(1, nodes, new NodeSetRollout(IsPaused: true, WhenEmpty: false) { MaxSurge = 1, KeptSurge = 1 }), create: 0, "b");
        Expect(Decide(2, TwoOld, new NodeSetRollout(IsPaused: true, WhenEmpty: false) { MaxSurge = 1 }), create: 0);
        Expect(Decide(1, TwoOld, new NodeSetRollout(IsPaused: true, WhenEmpty: false) { MaxSurge = 1 }), create: 0, "b");
    }

    [Fact]
    public void Decide_TemplateIsTried_CreatesFewNodesAndDrainsNoOther()
    {
        var trial = new NodeSetRollout(IsPaused: false, WhenEmpty: false) { MaxSurge = 1, MaxUpdated = 1 };

        Expect(Decide(2, TwoOld, trial), create: 1);
        Expect(Decide(2, [.. TwoOld, New("c")], trial), create: 0);
        Expect(Decide(2, [TwoOld[0], Old("b") with { State = SfuNodeState.Starting, IsEmpty = true, IsUnrecoverable = true }, New("c")], trial), create: 0);
        Expect(Decide(2, [TwoOld[0], New("c")], trial), create: 0); // As many places as before.
        Expect(Decide(2, [.. TwoOld, Old("mid") with { State = SfuNodeState.Starting, IsEmpty = true }], trial), create: 0, "mid");
        Expect(Decide(1, [.. TwoOld, New("c")], trial), create: 0, "b");
    }

    [Fact]
    public void Decide_TemplateIsRolledBack_DrainsItsNodes()
    {
        PoolNode[] nodes = [New("a"), New("b"), Old("canary", participants: 9)];

        Expect(Decide(2, nodes), create: 0, "canary");
        Expect(Decide(2, [New("a"), Old("canary")]), create: 1);
    }

    /// <summary>Two nodes that could not be reached are back, so that there are more nodes than replicas and surge, and all are in use.</summary>
    [Fact]
    public void Decide_BusyStandIns_OutdatedNodesAreReplacedAllTheSame()
    {
        PoolNode[] nodes = [Old("a", participants: 3), Old("b", participants: 2), Old("c", participants: 4), Old("d", participants: 1) with { StandsInFor = "a" }, Old("e", participants: 5) with { StandsInFor = "b" }];

        var plan = Decide(3, nodes);
        Expect(plan, create: 0, "d", "b");
        Assert.Equal(DrainCause.Replacement, plan.Cause);
        Expect(Decide(3, [nodes[0], nodes[1] with { IsLeaving = true }, nodes[2], nodes[3] with { IsLeaving = true }, nodes[4]]), create: 0);
        Expect(Decide(3, [nodes[0], nodes[2], nodes[4]]), create: 1);
        Expect(Decide(3, [nodes[0], nodes[1], nodes[2], nodes[3] with { IsCurrent = true }, nodes[4] with { IsCurrent = true }]), create: 0, "b", "a");
    }

    [Fact]
    public void Decide_StandInsAndScaledDown_DrainsWhatIsTooManyBesideThem()
    {
        PoolNode[] nodes = [Old("a", participants: 3), Old("b", participants: 2), Old("c", participants: 4), Old("d", participants: 1) with { StandsInFor = "a" }];

        Expect(Decide(1, nodes), create: 0, "d");
        Expect(Decide(1, [nodes[0], nodes[1], nodes[2], New("d", participants: 1) with { StandsInFor = "a" }]), create: 0, "b");
    }

    /// <summary>Nodes start, get ready, empty and fail at random, and the template and the number of replicas change.</summary>
    /// <param name="standIns">Number of nodes beyond the replicas that stand in for others, which serve again.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Decide_RandomEvents_KeepsPlacesAndSurgeAndEnds(int standIns)
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var (replicas, surge) = (random.Next(1, 7), random.Next(1, 4));
            var pool = new SimulatedPool(replicas, surge, standIns, random);
            for (var step = 0; step < 700; step++)
            {
                pool.Step(changesTemplate: step < 100 && random.Next(20) == 0);
                Assert.True(pool.Ready >= replicas, $"seed {seed}, step {step}: {pool.Ready} of {replicas} ready");
                Assert.True(pool.Total <= replicas + Math.Max(surge, standIns), $"seed {seed}, step {step}: {pool.Total} nodes for {replicas}+{surge}, {standIns} stand-ins");
            }

            Assert.True(pool.IsUpdated, $"seed {seed} is not updated");
        }
    }

    private sealed class SimulatedPool(int replicas, int surge, int standIns, Random random)
    {
        private List<(PoolNode Node, int Template)> _nodes =
        [
            .. Enumerable.Range(0, replicas).Select(number => (New($"n{number}"), 0)),
            .. Enumerable.Range(0, Math.Min(replicas, standIns)).Select(number => (New($"s{number}") with { StandsInFor = $"n{number}" }, 0)),
        ];
        private int _template = 1;
        private int _named = 1000;

        public int Ready => _nodes.Count(entry => entry.Node is { IsLeaving: false, IsReady: true });

        public int Total => _nodes.Count;

        public bool IsUpdated => _nodes.Count == replicas && _nodes.All(entry => entry.Template == _template && entry.Node.IsReady);

        public void Step(bool changesTemplate)
        {
            _template += changesTemplate ? 1 : 0;
            _nodes = [.. _nodes.Where(entry => !entry.Node.IsLeaving || random.Next(3) > 0).Select(entry => entry with
            {
                Node = entry.Node with
                {
                    IsCurrent = entry.Template == _template,
                    State = entry.Node.State == SfuNodeState.Starting && random.Next(3) == 0 ? SfuNodeState.Ready : entry.Node.State,
                    IsEmpty = entry.Node.State == SfuNodeState.Starting,
                },
            })];
            var plan = Decide(replicas, [.. _nodes.Select(entry => entry.Node)], surge: surge);
            _nodes = [.. _nodes.Select(entry => plan.Drain.Contains(entry.Node.Name) ? entry with { Node = entry.Node with { IsLeaving = true } } : entry)];
            for (var made = 0; made < plan.Create; made++)
            {
                _nodes.Add((New($"n{_named++}", SfuNodeState.Starting), _template));
            }
        }
    }

    private static NodeSetPlan Decide(int replicas, IReadOnlyList<NodeSetMember> nodes, int surge = 1, bool spare = true) =>
        NodeSetPlan.Decide(replicas, nodes, new NodeSetRollout(IsPaused: false, WhenEmpty: false) { MaxSurge = surge }, spare);

    private static NodeSetPlan Decide(int replicas, IReadOnlyList<NodeSetMember> nodes, NodeSetRollout rollout) => NodeSetPlan.Decide(replicas, nodes, rollout);

    private static void Expect(NodeSetPlan plan, int create, params string[] drain)
    {
        Assert.Equal(create, plan.Create);
        Assert.Equal(drain, plan.Drain);
    }

    private static PoolNode Old(string name, int participants = 0) => New(name, participants: participants) with { IsCurrent = false };

    private static PoolNode New(string name, SfuNodeState state = SfuNodeState.Ready, int participants = 0) => new() { Name = name, State = state, IsCurrent = true, Users = participants };
}
