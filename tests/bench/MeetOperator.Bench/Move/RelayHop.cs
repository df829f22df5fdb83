using System.Diagnostics;
using MeetOperator.Bench.Media;

namespace MeetOperator.Bench.Move;

/// <summary>
/// Measures what a link adds: the delay of a packet whose viewer is on the other media node beside the same packet whose viewer is on the same one, and the processor time of a media
/// node for a packet that leaves or comes over a link beside a packet from a client to a client.
/// </summary>
internal static class RelayHop
{
    private const int Cameras = 20;
    private const int PacketsPerSecond = 240;
    private const int Attempts = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Tail = TimeSpan.FromMilliseconds(500);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(string nodeAssembly, int rounds, TimeSpan duration)
    {
        using var first = await BenchNode.StartAsync(nodeAssembly).ConfigureAwait(false);
        using var second = await BenchNode.StartAsync(nodeAssembly).ConfigureAwait(false);
        var delay = await DelayAsync(first, second, duration * rounds).ConfigureAwait(false);
        var cost = await CostAsync(first, second, rounds, duration).ConfigureAwait(false);
        return [new Figure("relay.p99", delay, "ms", 2), new Figure("relay.ratio", cost, "x", 1.3)];
    }

    /// <summary>The 99th percentile of the milliseconds between the arrival of a packet at a viewer on the same node and at one on the other node; 200 packets a second, evenly spaced.</summary>
    private static async Task<double> DelayAsync(BenchNode first, BenchNode second, TimeSpan duration)
    {
        using var room = new RelayRoom("delay", first, second);
        await room.LinkAsync(101).ConfigureAwait(false);
        var camera = await room.AddCameraAsync("camera").ConfigureAwait(false);
        var (here, beyond) = (new Dictionary<int, long>(), new Dictionary<int, long>());
        await room.AddViewerAsync("camera", isBeyond: false, (number, ticks) => here.TryAdd(number, ticks)).ConfigureAwait(false);
        await room.AddViewerAsync("camera", isBeyond: true, (number, ticks) => beyond.TryAdd(number, ticks)).ConfigureAwait(false);
        var (start, end) = ((int)(WarmUp / Interval), (int)((WarmUp + duration) / Interval));
        await Task.Run(() => Send([room], WarmUp + duration, Interval, camera.Send)).ConfigureAwait(false);
        var added = here.Where(packet => packet.Key >= start && beyond.ContainsKey(packet.Key)).Select(packet => (beyond[packet.Key] - packet.Value) / (double)TimeSpan.TicksPerMillisecond).Order().ToList();
        if (added.Count < (end - start) * 0.99)
        {
            throw new InvalidOperationException($"Of {end - start} packets, only {added.Count} reached both viewers.");
        }

        await Console.Error.WriteLineAsync($"relay: {added.Count} packets, median {added[added.Count / 2]:0.00} ms, p99 {added[added.Count * 99 / 100]:0.00} ms, max {added[^1]:0.00} ms").ConfigureAwait(false);
        return added[added.Count * 99 / 100];
    }

    /// <summary>
    /// The processor time for each relayed packet at the node that spends more, divided by that for each forwarded one: 20 cameras with one viewer each, in turn on the same and on the
    /// other node. Each node then gets each packet once and sends it once.
    /// </summary>
    private static async Task<double> CostAsync(BenchNode first, BenchNode second, int rounds, TimeSpan duration)
    {
        var arrived = 0;
        using var near = new RelayRoom("near", first, second);
        using var far = new RelayRoom("far", first, second);
        var cameras = new List<RelayRoom.Camera>[] { [], [] };
        foreach (var (room, side) in new[] { (near, 0), (far, 1) })
        {
            await room.LinkAsync((uint)(103 + (2 * side))).ConfigureAwait(false);
            for (var i = 0; i < Cameras; i++)
            {
                cameras[side].Add(await room.AddCameraAsync($"camera-{i}").ConfigureAwait(false));
                await room.AddViewerAsync($"camera-{i}", isBeyond: side == 1, (_, _) => arrived++).ConfigureAwait(false);
            }
        }

        var (forwarded, sent, received) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -1; round < rounds; round++)
        {
            for (var side = 0; side < 2; side++)
            {
                var (atFirst, atSecond) = await PhaseAsync(cameras[side]).ConfigureAwait(false);
                if (round < 0)
                {
                    continue; // the first round compiles the code
                }

                (side == 0 ? forwarded : sent).Add(atFirst);
                if (side == 1)
                {
                    received.Add(atSecond);
                }
            }
        }

        await Console.Error.WriteLineAsync(
            $"relay: processor time for a packet: forwarded {Median(forwarded):0.0} us, sent over a link {Median(sent):0.0} us, received over a link {Median(received):0.0} us").ConfigureAwait(false);
        return Math.Max(Median(sent), Median(received)) / Median(forwarded);

        // The processor time of each node for a packet that arrived, in microseconds. A phase in which packets are lost does not count, because other work on the machine can cause that.
        async Task<(double First, double Second)> PhaseAsync(List<RelayRoom.Camera> sending)
        {
            var expected = duration.TotalSeconds * PacketsPerSecond * Cameras;
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                arrived = 0;
                var (atFirst, atSecond) = (first.ProcessorTime, second.ProcessorTime);
                await Task.Run(() => Send([near, far], duration, TimeSpan.FromSeconds(1.0 / PacketsPerSecond), number => sending.ForEach(camera => camera.Send(number)))).ConfigureAwait(false);
                if (arrived >= expected * 0.98)
                {
                    return ((first.ProcessorTime - atFirst).TotalMicroseconds / arrived, (second.ProcessorTime - atSecond).TotalMicroseconds / arrived);
                }

                await Console.Error.WriteLineAsync($"This phase does not count: {arrived} packets of {expected:0} arrived.").ConfigureAwait(false);
            }

            throw new InvalidOperationException($"Packets were lost in {Attempts} phases.");
        }
    }

    /// <summary>Sends at each interval, and reads what arrives until shortly afterwards.</summary>
    private static void Send(RelayRoom[] rooms, TimeSpan duration, TimeSpan interval, Action<int> send)
    {
        var watch = Stopwatch.StartNew();
        for (var number = 1; watch.Elapsed < duration + Tail;)
        {
            for (; number * interval <= watch.Elapsed && watch.Elapsed < duration; number++)
            {
                send(number);
            }

            foreach (var room in rooms)
            {
                room.Pump();
            }

            Thread.Sleep(1);
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
