namespace MeetOperator.MediaNode.Tests;

public sealed class RoomSsrcTests
{
    [Fact]
    public async Task NextSsrc_HundredThousandTracks_NeverRepeats()
    {
        await using var rooms = await TwoRooms.StartAsync();

        var given = await rooms.RunAsync(TwoRooms.Bad, room => Enumerable.Range(0, 100_000).Select(_ => room.NextSsrc()).ToList());

        Assert.Equal(given.Count, given.Distinct().Count());
        Assert.DoesNotContain(0u, given);
    }
}
