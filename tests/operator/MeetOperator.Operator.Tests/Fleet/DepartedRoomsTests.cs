using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class DepartedRoomsTests
{
    private readonly DepartedRooms _rooms = new();

    [Fact]
    public void FindDue_NobodyIsConnected_IsDueAtOnce() => Assert.Equal(["a"], Due(0, Room("a", participants: 3, connected: 0)));

    [Fact]
    public void FindDue_SomebodyIsConnected_IsDueAfterTwentySeconds()
    {
        Assert.Empty(Due(0, Room("a", connected: 1)));
        Assert.Empty(Due(19, Room("a", connected: 1)));
        Assert.Equal(["a"], Due(20, Room("a", connected: 1)));
    }

    [Fact]
    public void FindDue_LastConnectionEnds_IsDueAtOnce()
    {
        Assert.Empty(Due(0, Room("a", connected: 1), Room("b", connected: 1)));
        Assert.Equal(["b"], Due(2, Room("a", connected: 1), Room("b", connected: 0)));
    }

    [Fact]
    public void FindDue_RoomDoesNotEnd_IsDueAgainAfterTwentySeconds()
    {
        Assert.Single(Due(0, Room("a", connected: 0)));
        Assert.Empty(Due(19, Room("a", connected: 0)));
        Assert.Single(Due(20, Room("a", connected: 0)));
        Assert.Empty(Due(39, Room("a", connected: 0)));
    }

    [Fact]
    public void FindDue_RoomEndsAndBeginsAgain_GetsItsTime()
    {
        Assert.Empty(Due(0, Room("a", connected: 1)));
        Assert.Empty(Due(5));
        Assert.Empty(Due(22, Room("a", connected: 1)));
    }

    private string[] Due(int second, params RoomReport[] rooms)
    {
        var report = new NodeReport { Node = "n", Version = "1", InstanceId = "one", State = NodeState.Ready, StartedAt = DateTimeOffset.UnixEpoch, Rooms = rooms };
        return [.. _rooms.FindDue(report, TimeSpan.FromSeconds(second)).Select(room => room.Room)];
    }

    private static RoomReport Room(string name, int connected, int participants = 0) => new() { Room = name, Participants = participants, Connected = connected };
}
