using System.Diagnostics;
using MeetOperator.NodeControl;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The rooms of a node with two loops.</summary>
public sealed class RoomPlacementTests
{
    /// <summary>By count, the second room would go to the busy loop, which has none.</summary>
    [Fact]
    public async Task Put_LoopWithoutRoomsIsBusy_UsesTheOther()
    {
        await using var node = await TestNode.StartAsync(o => o with { UdpPorts = [0, 0] });
        var used = await PutAsync(node, 0);
        var idle = node.Host.Loops.Single(l => l.Port == used);
        var busy = node.Host.Loops.Single(l => l.Port != used);
        await Eventually.TrueAsync(async () => await busy.RunAsync(Spin, CancellationToken.None) && busy.Load > idle.Load + 0.2, "the loop is busy");

        Assert.Equal(idle.Port, await PutAsync(node, 1));
    }

    private static bool Spin()
    {
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < 100)
        {
        }

        return true;
    }

    private static async Task<int> PutAsync(TestNode node, int number)
    {
        var room = $"00000000-0000-4000-8000-{number:d12}";
        await node.Control.PutRoomAsync(room, new RoomSpec { Generation = 1 }, CancellationToken.None);
        return await node.Host.Rooms.RunAsync(room, r => r.Loop.Port, CancellationToken.None);
    }
}
