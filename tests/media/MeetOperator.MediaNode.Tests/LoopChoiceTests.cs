using MeetOperator.MediaNode.Rooms;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Rooms are placed by load and not by count.</summary>
public sealed class LoopChoiceTests
{
    /// <summary>Each loop is "busy percent / rooms / new rooms", with "!" when its thread is stuck.</summary>
    [Theory]
    [InlineData("0/0/0 0/0/0", 0, "equal loops are used in order")]
    [InlineData("60/1/0 10/8/0", 1, "one large room weighs more than eight small ones")]
    [InlineData("10/8/0 60/1/0", 0, "the same in the other order")]
    [InlineData("0/1/1 0/0/0", 1, "a new room counts before it is busy")]
    [InlineData("0/3/3 5/1/0", 1, "new rooms are expected to become as busy as the others")]
    [InlineData("30/1/0 10/1/0", 1, "the less busy of two loops with as many rooms")]
    [InlineData("20/1/0 0/1/1", 0, "a new room is expected to need what the average room needs")]
    [InlineData("0/5/0 0/4/0", 1, "idle rooms break the tie")]
    [InlineData("1/4/0 2/0/0", 0, "a small difference of load outweighs a few idle rooms")]
    [InlineData("0/0/0! 95/9/2", 1, "a stuck loop gets no room, whatever its last figures are")]
    [InlineData("0/2/0! 0/1/0!", 1, "with only stuck loops, the better one")]
    public void Choose_Loads_ReturnsLeastLoaded(string loops, int expected, string because) =>
        Assert.True(LoopChoice.Choose([.. loops.Split(' ').Select(Load)]) == expected, because);

    [Fact]
    public void Choose_HundredRoomsAtOnce_SpreadsThemEvenly()
    {
        var loads = new LoopLoad[4];
        for (var i = 0; i < 100; i++)
        {
            ref var chosen = ref loads[LoopChoice.Choose(loads)];
            chosen = chosen with { Rooms = chosen.Rooms + 1, NewRooms = chosen.NewRooms + 1 };
        }

        Assert.All(loads, load => Assert.Equal(25, load.Rooms));
    }

    /// <summary>A busy loop is left alone until the others have caught up.</summary>
    [Fact]
    public void Choose_OneBusyLoop_GetsNoRoomUntilOthersAreAsLoaded()
    {
        LoopLoad[] loads = [new(0.5, 10, 0), new(0, 0, 0)];
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal(1, LoopChoice.Choose(loads));
            loads[1] = loads[1] with { Rooms = i + 1, NewRooms = i + 1 };
        }

        loads[1] = loads[1] with { Rooms = 11, NewRooms = 11 };
        Assert.Equal(0, LoopChoice.Choose(loads));
    }

    private static LoopLoad Load(string text)
    {
        var parts = text.TrimEnd('!').Split('/').Select(int.Parse).ToArray();
        return new LoopLoad(parts[0] / 100.0, parts[1], parts[2], text.EndsWith('!'));
    }
}
