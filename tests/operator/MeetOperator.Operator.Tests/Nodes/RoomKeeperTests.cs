using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class RoomKeeperTests
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task End_SeveralNodesHang_CallsAllAtTheSameTime()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 3);
        await stage.PollAllAsync();
        stage.Nodes[0].HangsOnRooms = stage.Nodes[1].HangsOnRooms = true;

        var ending = stage.Rooms.EndAsync(stage.Meeting, onlyIfEmpty: false, default);

        await Eventually.TrueAsync(() => stage.Nodes[0].HoldingRoomCalls == 1 && stage.Nodes[1].HoldingRoomCalls == 1, "both nodes have the call");
        await Eventually.TrueAsync(() => stage.Nodes[2].Rooms().Count == 0, "the room on the other node has ended");
        stage.Time.Advance(CallTimeout);
        Assert.Equal(RoomEndResult.NoAnswer, await ending);

        stage.Nodes[0].HangsOnRooms = stage.Nodes[1].HangsOnRooms = false;
        Assert.Equal(RoomEndResult.Done, await stage.Rooms.EndAsync(stage.Meeting, onlyIfEmpty: false, default));
        Assert.All(stage.Nodes, node => Assert.Empty(node.Rooms()));
    }

    /// <summary>The other rooms stay, since the meeting goes on.</summary>
    [Fact]
    public async Task End_OnlyIfEmptyAndSomebodyIsInTheFirstRoom_EndsNone()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 3);
        await stage.PollAllAsync();
        stage.Nodes[0].SetParticipants(stage.Meeting.Id, 1);

        Assert.Equal(RoomEndResult.NotEmpty, await stage.Rooms.EndAsync(stage.Meeting, onlyIfEmpty: true, default));

        Assert.All(stage.Nodes, node => Assert.Single(node.Rooms()));
    }
}
