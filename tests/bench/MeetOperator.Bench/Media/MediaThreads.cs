using MeetOperator.NodeControl;

namespace MeetOperator.Bench.Media;

/// <summary>
/// More load than one media thread can forward, on a media node with one media thread and on one with two. Both run on the same two processors, and the load generators on two others. The
/// figure is the rate of packets that arrive from the second one, divided by that from the first. The subscribers send no feedback, because the media node would then send less than it can.
/// </summary>
/// <param name="name">The name of the figure.</param>
/// <param name="limit">Its limit.</param>
/// <param name="rooms">A room for each load generator. The second generator of one room adds only subscribers.</param>
internal sealed class MediaThreads(string name, double limit, params string[] rooms)
{
    private const int NeededProcessors = 4;
    private static readonly string[] Load = ["--pubs", "20", "--subs", "120", "--burst", "8", "--no-feedback"];

    /// <summary>Two rooms, each on one thread.</summary>
    public static MediaThreads OfTwoRooms { get; } = new("cores.2", 1.8, "one", "two");

    /// <summary>One room on both threads. Each packet of a publisher crosses between them once.</summary>
    public static MediaThreads OfOneRoom { get; } = new("cores.room", 1.6, "one", "one");

    /// <summary>With <paramref name="isForced"/>, measures also with too few processors. That shows that the bench works; the figure has no meaning then.</summary>
    public async Task<Figure> MeasureAsync(string nodeAssembly, int rounds, int seconds, bool isForced)
    {
        var processors = Environment.ProcessorCount;
        if (processors < NeededProcessors && !isForced)
        {
            return new Figure(name, null, "x", limit) { Skipped = $"needs {NeededProcessors} processors, two for the media threads and two for the load; this machine has {processors}" };
        }

        await ForwardLoad.BuildAsync().ConfigureAwait(false);
        var load = new ForwardLoad(nodeAssembly, seconds, Load);
        var (one, two) = (new List<BenchRun>(), new List<BenchRun>());
        for (var round = 0; round < rounds; round++)
        {
            one.Add(await RunAsync(nodeAssembly, load, seconds, 1).ConfigureAwait(false));
            two.Add(await RunAsync(nodeAssembly, load, seconds, 2).ConfigureAwait(false));
        }

        var (rateOfOne, rateOfTwo) = (BenchRun.Median(one, r => r.OutPps), BenchRun.Median(two, r => r.OutPps));
        return isForced || rateOfOne < one[0].ExpectedPps * 0.9
            ? new Figure(name, rateOfTwo / rateOfOne, "x", limit)
            : throw new InvalidOperationException($"The run is invalid: one media thread forwarded {rateOfOne} packets per second, nearly all of the load.");
    }

    /// <summary>Whether each media thread has sent at least half of its equal share of the packets that arrived.</summary>
    /// <param name="sentPackets">What each thread has sent.</param>
    /// <param name="arrivedPackets">What arrived in the measurement. The threads have sent more, because sending begins before it.</param>
    private static bool AreAllBusy(List<long> sentPackets, double arrivedPackets) => sentPackets.TrueForAll(sent => sent >= arrivedPackets / sentPackets.Count / 2);

    private async Task<BenchRun> RunAsync(string nodeAssembly, ForwardLoad load, int seconds, int mediaThreads)
    {
        var last = Environment.ProcessorCount - 1;
        using var node = await BenchNode.StartAsync(nodeAssembly, $"0-{Math.Min(1, last)}", mediaThreads).ConfigureAwait(false);
        foreach (var room in rooms.Distinct())
        {
            await node.Control.PutRoomAsync(room, new RoomSpec { Generation = 1, MaxParticipants = 500 }, default).ConfigureAwait(false);
        }

        var credentials = Directory.CreateTempSubdirectory("meet-bench-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(credentials.FullName, "caller.pem"), node.Caller.Certificate + "\n" + node.Caller.Key).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(credentials.FullName, "authorities.pem"), node.Caller.Authorities).ConfigureAwait(false);
            var run = await load.RunRoomsAsync(node, credentials.FullName, rooms, [$"{Math.Min(2, last)}", $"{Math.Min(3, last)}"]).ConfigureAwait(false);
            var report = await node.Control.GetNodeAsync(default).ConfigureAwait(false);
            var sent = report.LoopReports.Select(loop => loop.PacketsOut).ToList();
            return sent.Count == mediaThreads && AreAllBusy(sent, run.OutPps * seconds)
                ? run
                : throw new InvalidOperationException($"The run is invalid: the media threads sent {string.Join(" and ", sent)} packets.");
        }
        finally
        {
            credentials.Delete(recursive: true);
        }
    }
}
