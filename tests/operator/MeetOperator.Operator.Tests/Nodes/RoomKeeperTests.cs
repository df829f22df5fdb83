using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class RoomKeeperTests
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A node that pauses for a moment is not left alone for longer because many meetings need it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Create_ManyCallsTimeOutTogether_NodeIsCalledAgainSoon(bool isNewRoom)
    {
        await using var stage = await LinkStage.StartAsync(nodes: 1);
        await stage.PollAllAsync();
        var node = stage.Nodes[0];
        node.HangsOnRooms = true;
        var calls = Enumerable.Range(0, 8).Select(_ => CreateAsync(stage, isNewRoom)).ToArray();
        await Eventually.TrueAsync(() => node.HoldingRoomCalls == 8, "the node has all calls");
        stage.Time.Advance(CallTimeout);
        Assert.All(await Task.WhenAll(calls), result => Assert.Equal(RoomKeeper.Silent, result));
        node.HangsOnRooms = false;

        Assert.Equal(RoomKeeper.Silent, await CreateAsync(stage, isNewRoom).WaitAsync(Eventually.Limit));
        Assert.Equal(8, node.RoomPuts);
        stage.Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Null(await CreateAsync(stage, isNewRoom));
    }

    [Fact]
    public async Task Create_AfterThePause_OneCallTriesWhetherTheNodeResponds()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 1);
        await stage.PollAllAsync();
        var node = stage.Nodes[0];
        node.HangsOnRooms = true;
        await TimeOutAsync(stage, CreateAsync(stage, isNewRoom: true));
        stage.Time.Advance(TimeSpan.FromMilliseconds(500));

        var trying = CreateAsync(stage, isNewRoom: true);
        await Eventually.TrueAsync(() => node.HoldingRoomCalls == 1, "the node has the call");
        Assert.Equal(RoomKeeper.Silent, await CreateAsync(stage, isNewRoom: true).WaitAsync(Eventually.Limit));
        Assert.Equal(2, node.RoomPuts);
        await TimeOutAsync(stage, trying);
    }

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

    /// <summary>Calls the first node to create a room, or to change one that exists already.</summary>
    private static Task<string?> CreateAsync(LinkStage stage, bool isNewRoom) => stage.Rooms.CreateAsync(
        stage.Meeting with { Id = Guid.NewGuid().ToString("D") }, new AssignedNode { Node = LinkStage.Key(stage.Nodes[0]), Generation = 1, RoomConfirmedAt = isNewRoom ? 0 : 1 }, new MeetingSpec(), connectivity: null, default);

    /// <summary>Lets a call to the first node, which hangs, end after its timeout.</summary>
    private static async Task TimeOutAsync(LinkStage stage, Task<string?> call)
    {
        await Eventually.TrueAsync(() => stage.Nodes[0].HoldingRoomCalls == 1, "the node has the call");
        stage.Time.Advance(CallTimeout);
        Assert.Equal(RoomKeeper.Silent, await call);
        await Eventually.TrueAsync(() => stage.Nodes[0].HoldingRoomCalls == 0, "the node has noticed the end of the call");
    }
}
