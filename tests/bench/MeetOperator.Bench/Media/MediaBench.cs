using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MeetOperator.Testing;

namespace MeetOperator.Bench.Media;

/// <summary>
/// Compares the media node with Janus in alternating runs under the same load (<c>tests/bench/media</c>). Then measures the memory of an idle node, the packet loss in a
/// room beside a misbehaving participant, and the longest pause of the loop while many participants join. Arguments: <c>--rounds N</c> (default 5; 0 skips the
/// comparison with Janus), <c>--seconds N</c> (default 8).
/// </summary>
internal sealed class MediaBench : IBenchVerb
{
    private const int Port = 19100;

    public string Name => "media";

    public string Help => "forwarded packets per CPU-second compared with Janus, allocation per packet, memory of an idle media node, loss beside a misbehaving participant, pause during many joins";

    public async Task<IReadOnlyList<Figure>> RunAsync(string[] arguments)
    {
        var rounds = Number(arguments, "--rounds", 5);
        var seconds = Number(arguments, "--seconds", 8);
        var folder = Repository.PathOf("tests", "bench", "media");
        var node = Path.Combine(AppContext.BaseDirectory, "MeetOperator.MediaNode.dll");
        await CommandAsync("/bin/sh", [Path.Combine(folder, "build.sh")]).ConfigureAwait(false);

        var load = new[] { "--srtp", "gcm", "--pubs", "4", "--subs", "20", "--burst", "8", "--seconds", $"{seconds}", "--warmup", "3", "--wait-quiet", "20" };
        var start = $"{Environment.ProcessPath ?? "dotnet"} {node} --bench {Port}";
        var ours = new List<BenchRun>();
        var janus = new List<BenchRun>();
        for (var round = 0; round < rounds; round++)
        {
            janus.Add(await RunAsync(folder, ["--sfu", "janus", "--event-loops", "1", .. load]).ConfigureAwait(false));
            ours.Add(await RunAsync(folder, ["--sfu", "http", "--url", $"http://127.0.0.1:{Port}", "--start", start, .. load]).ConfigureAwait(false));
        }

        List<Figure> figures = rounds == 0
            ? []
            :
            [
                new Figure("forward.4x20", Median(ours, r => r.PktsPerCpuS), "packets/cpu-s", Median(janus, r => r.PktsPerCpuS)),
                new Figure("forward.p99", Median(ours, r => r.LatUs["p99"]), "us", Median(janus, r => r.LatUs["p99"])),
                new Figure("alloc.per-packet", Median(ours, r => r.AllocPerPkt ?? 0), "bytes"),
            ];
        var memory = await IdleMemory.MeasureAsync(node).ConfigureAwait(false);
        var loss = await NeighbourLoss.MeasureAsync(node, TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        var pause = await JoinStorm.MeasureAsync(node).ConfigureAwait(false);
        return
        [
            .. figures,
            new Figure("memory.media-node", memory, "MiB", 100),
            new Figure("neighbour.loss", loss, "%", 0.5),
            new Figure("join-storm.pause", pause, "ms"),
        ];
    }

    private static async Task<BenchRun> RunAsync(string folder, IReadOnlyList<string> arguments)
    {
        var output = await CommandAsync("python3", [Path.Combine(folder, "bench.py"), .. arguments]).ConfigureAwait(false);
        var line = output.Split('\n').Last(l => l.StartsWith('{'));
        await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
        var run = JsonSerializer.Deserialize<BenchRun>(line, BenchRun.Json) ?? throw new InvalidOperationException("bench.py printed no result.");
        return run.Bad == 0 && run.OutPps > run.ExpectedPps * 0.95
            ? run
            : throw new InvalidOperationException($"The run is invalid: {run.OutPps} of {run.ExpectedPps} packets per second, {run.Bad} failed authentication.");
    }

    private static async Task<string> CommandAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start.");
        var output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} exited with code {process.ExitCode}: {output}");
    }

    private static int Number(string[] arguments, string name, int otherwise) =>
        Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length
            ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture)
            : otherwise;

    private static double Median(List<BenchRun> runs, Func<BenchRun, double> value)
    {
        var sorted = runs.Select(value).Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
