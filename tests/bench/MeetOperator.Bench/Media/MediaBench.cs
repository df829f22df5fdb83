namespace MeetOperator.Bench.Media;

/// <summary>
/// Compares the media node with Janus in alternating runs under the same loads (<c>tests/bench/media</c>), and measures how the cost grows with subscribers and how much more
/// two media threads forward. Then measures the memory of an idle node, the packet loss in a room beside a misbehaving participant, what many joins do to another room, the SDP
/// that a join in a large room sends to others, and what 10,000 track changes leave behind. Arguments: <c>--rounds N</c> (default 5), <c>--seconds N</c> (default 8),
/// <c>--only PART</c> (load, tcp, growth, cores, room, memory, neighbour, joins, churn or sdp), <c>--force</c> (measures also what this machine has too few processors for).
/// </summary>
internal sealed class MediaBench : IBenchVerb
{
    public string Name => "media";

    public string Help => "forwarded packets per CPU-second and delay compared with Janus, growth with subscribers, allocation, two media threads, memory, idle participants, a misbehaving neighbour, many joins, SDP per join, growth with track changes";

    public IAsyncEnumerable<Figure> RunAsync(string[] arguments)
    {
        var rounds = BenchArguments.Number(arguments, "--rounds", 5);
        var seconds = BenchArguments.Number(arguments, "--seconds", 8);
        var node = Path.Combine(AppContext.BaseDirectory, "MeetOperator.MediaNode.dll");
        (string Name, Func<Task<IReadOnlyList<Figure>>> Measure)[] parts =
        [
            ("load", () => ForwardAsync(node, rounds, seconds)),
            ("tcp", () => ForwardTcpAsync(node, rounds, seconds)),
            ("growth", () => GrowthAsync(node, rounds, seconds)),
            ("cores", async () => [await MediaThreads.OfTwoRooms.MeasureAsync(node, rounds, seconds, arguments.Contains("--force")).ConfigureAwait(false)]),
            ("room", async () => [await MediaThreads.OfOneRoom.MeasureAsync(node, rounds, seconds, arguments.Contains("--force")).ConfigureAwait(false)]),
            ("memory", async () => [new Figure("memory.media-node", await IdleMemory.MeasureAsync(node).ConfigureAwait(false), "MiB", 100)]),
            ("neighbour", async () => [new Figure("neighbour.loss", await NeighbourLoss.MeasureAsync(node, TimeSpan.FromSeconds(seconds)).ConfigureAwait(false), "%", 0.5)]),
            ("joins", () => JoinsAsync(node, rounds)),
            ("churn", async () => [new Figure("churn.memory", await TrackChurn.MeasureAsync(node).ConfigureAwait(false), "MiB", 10)]),
            ("sdp", async () => [new Figure("sdp.per-join", await JoinSdp.MeasureAsync(node).ConfigureAwait(false), "messages", 0)]),
        ];
        return BenchArguments.MeasureAsync(arguments, parts);
    }

    private static async Task<IReadOnlyList<Figure>> ForwardAsync(string node, int rounds, int seconds)
    {
        await ForwardLoad.BuildAsync().ConfigureAwait(false);
        ForwardLoad Load(int publishers, int subscribers, int burst, params string[] more) =>
            new(node, seconds, ["--pubs", $"{publishers}", "--subs", $"{subscribers}", "--burst", $"{burst}", .. more]);
        var (ours, janus) = await CompareAsync(Load(4, 20, 8), rounds).ConfigureAwait(false);
        var (oursLarge, janusLarge) = await CompareAsync(Load(10, 40, 8), rounds).ConfigureAwait(false);
        var (oursPaced, janusPaced) = await CompareAsync(Load(4, 20, 1), rounds).ConfigureAwait(false);
        var (oursLayers, janusLayers) = await CompareAsync(Load(4, 20, 8, "--simulcast"), rounds).ConfigureAwait(false);
        return
        [
            Rate("forward.4x20", ours, janus),
            Rate("forward.10x40", oursLarge, janusLarge),
            Rate("forward.paced", oursPaced, janusPaced),
            Rate("forward.simulcast", oursLayers, janusLayers),
            new Figure("delay.ratio", BenchRun.Median(ours, r => r.LatUs["p99"]), "us p99", BenchRun.Median(janus, r => r.LatUs["p99"])),
            new Figure("delay.p99", BenchRun.Median(oursLarge, r => r.LatUs["p99"]) / 1000, "ms", 1),
            new Figure("delay.max", BenchRun.Median(oursLarge, r => r.LatUs["max"]) / 1000, "ms", 10),
            new Figure("alloc.per-packet", BenchRun.Median(ours, r => r.AllocPerPkt ?? 0), "bytes", 0),
        ];
    }

    private static async Task<IReadOnlyList<Figure>> JoinsAsync(string node, int rounds)
    {
        var results = new List<StormResult>();
        for (var round = 0; round < rounds; round++)
        {
            results.Add(await JoinStorm.MeasureAsync(node).ConfigureAwait(false));
        }

        return StormResult.Median(results).Figures;
    }

    /// <summary>Two of 20 subscribers receive over TCP, all of Janus over UDP.</summary>
    private static async Task<IReadOnlyList<Figure>> ForwardTcpAsync(string node, int rounds, int seconds)
    {
        await ForwardLoad.BuildAsync().ConfigureAwait(false);
        string[] load = ["--pubs", "4", "--subs", "20", "--burst", "8"];
        var (ours, janus) = await CompareAsync(new ForwardLoad(node, seconds, [.. load, "--tcp-every", "10"]), new ForwardLoad(node, seconds, load), rounds).ConfigureAwait(false);
        return [Rate("forward.4x20.tcp", ours, janus)];
    }

    /// <summary>Runs both servers in turn, so that changes of the machine affect both.</summary>
    private static Task<(List<BenchRun> Ours, List<BenchRun> Janus)> CompareAsync(ForwardLoad load, int rounds) => CompareAsync(load, load, rounds);

    private static async Task<(List<BenchRun> Ours, List<BenchRun> Janus)> CompareAsync(ForwardLoad ofNode, ForwardLoad ofJanus, int rounds)
    {
        var (ours, janus) = (new List<BenchRun>(), new List<BenchRun>());
        for (var round = 0; round < rounds; round++)
        {
            janus.Add(await ofJanus.RunJanusAsync().ConfigureAwait(false));
            ours.Add(await ofNode.RunNodeAsync().ConfigureAwait(false));
        }

        return (ours, janus);
    }

    private static async Task<IReadOnlyList<Figure>> GrowthAsync(string node, int rounds, int seconds)
    {
        await ForwardLoad.BuildAsync().ConfigureAwait(false);
        var loads = SubscriberGrowth.Subscribers.Select(count => new ForwardLoad(node, seconds, "--pubs", "1", "--subs", $"{count}", "--burst", "8")).ToList();
        var runs = loads.ConvertAll(_ => new List<BenchRun>());
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < loads.Count; i++)
            {
                runs[i].Add(await loads[i].RunNodeAsync().ConfigureAwait(false));
            }
        }

        var growth = new SubscriberGrowth(runs.ConvertAll(counted => BenchRun.Median(counted, r => r.UsPerPkt)));
        return [new Figure("growth.b", growth.Slope, "us", 2.5), new Figure("growth.flat", growth.Flatness, "x", 1.1)];
    }

    private static Figure Rate(string name, List<BenchRun> ours, List<BenchRun> janus) =>
        new(name, BenchRun.Median(ours, r => r.PktsPerCpuS), "packets/cpu-s", BenchRun.Median(janus, r => r.PktsPerCpuS));
}
