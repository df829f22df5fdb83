using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class DepartedNodesTests
{
    private const string Room = "6f1c1e2a-8f0e-4b8e-9d55-0d3c5a6b7c01";
    private const string Another = "6f1c1e2a-8f0e-4b8e-9d55-0d3c5a6b7c02";

    [Fact]
    public async Task Watch_NodeHasRooms_EndsAll()
    {
        await using var fleet = new PolledFleet();
        await using var node = await fleet.StartNodeAsync("n");
        node.AddRoom(Room, generation: 7);
        node.AddRoom(Another, generation: 1);

        fleet.Departed.Watch(PolledFleet.Target(node).Node, PolledFleet.Target(node));

        await Eventually.TrueAsync(() => node.Rooms().Count == 0, () => $"the rooms have ended\n{fleet.Log}");
    }

    /// <summary>Addresses of Pods are used again.</summary>
    [Fact]
    public async Task Watch_AnotherNodeHasTheAddress_KeepsItsRooms()
    {
        await using var fleet = new PolledFleet();
        await using var successor = await fleet.StartNodeAsync("successor");
        await using var departed = await fleet.StartNodeAsync("departed");
        successor.AddRoom(Room, generation: 1);

        fleet.Departed.Watch(PolledFleet.Target("former", successor.Address).Node, PolledFleet.Target("former", successor.Address));
        fleet.Departed.Watch(PolledFleet.Target(departed).Node, PolledFleet.Target(departed));

        await EndsTwiceAsync();
        Assert.Single(successor.Rooms());

        async Task EndsTwiceAsync()
        {
            for (var round = 0; round < 2; round++)
            {
                departed.AddRoom(Another, generation: 1);
                await Eventually.TrueAsync(() => departed.Rooms().Count == 0, () => $"the room has ended\n{fleet.Log}");
            }
        }
    }

    [Fact]
    public async Task Watch_OperatorNoLongerLeads_KeepsRooms()
    {
        await using var fleet = new PolledFleet();
        await using var node = await fleet.StartNodeAsync("n");
        node.AddRoom(Room, generation: 1);
        fleet.BeforeChange = static () => throw new LeadershipLostException(1);

        fleet.Departed.Watch(PolledFleet.Target(node).Node, PolledFleet.Target(node));

        await Eventually.TrueAsync(() => fleet.Log.ToString().Contains("did not end 1 of its rooms", StringComparison.Ordinal), () => $"it has tried\n{fleet.Log}");
        Assert.Single(node.Rooms());
    }

    [Fact]
    public async Task Watch_NodeExistsAgain_Stops()
    {
        await using var fleet = new PolledFleet();
        await using var node = await fleet.StartNodeAsync("n");
        node.AddRoom(Room, generation: 1);
        var target = PolledFleet.Target(node);
        fleet.Departed.Watch(target.Node, target);
        await Eventually.TrueAsync(() => node.Rooms().Count == 0, () => $"the room has ended\n{fleet.Log}");

        fleet.Departed.Watch(target.Node, null);

        await Eventually.TrueAsync(() => fleet.Health.Running(Operator.Calls.DepartedNodes.LoopName) == 0, () => "the loop has ended");
    }
}
