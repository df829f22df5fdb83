using System.Diagnostics;
using System.Text.Json;
using MeetOperator.Testing;

namespace MeetOperator.Bench.Media;

/// <summary>One load of <c>tests/bench/media</c>: what the publishers send, and to how many subscribers.</summary>
/// <param name="nodeAssembly">The media node.</param>
/// <param name="seconds">The duration of a measurement.</param>
/// <param name="arguments">The load as arguments of <c>bench.py</c>.</param>
internal sealed class ForwardLoad(string nodeAssembly, int seconds, params string[] arguments)
{
    private const int Port = 19100;

    /// <summary>Seconds until the estimates of all subscribers have reached the load, and the runtime has compiled the hot code.</summary>
    private const int WarmUp = 8;
    private const int Attempts = 3;
    private static readonly string Folder = Repository.PathOf("tests", "bench", "media");

    public static Task BuildAsync() => CommandAsync("/bin/sh", [Path.Combine(Folder, "build.sh")]);

    /// <summary>Where Janus cannot carry the load, it is measured by what arrives. It is then never idle, which is in its favour.</summary>
    public Task<BenchRun> RunJanusAsync() => RunAsync(mayLose: true, ["--sfu", "janus", "--event-loops", "1"]);

    /// <summary>Each room has the load, from a generator on one of the <paramref name="processors"/>. What a media node cannot carry is lost.</summary>
    public Task<BenchRun> RunRoomsAsync(BenchNode node, string credentials, IReadOnlyList<string> rooms, IReadOnlyList<string> processors) =>
        RunAsync(mayLose: true, [
            "--sfu", "http", "--url", node.Control.Address.ToString(), "--credentials", credentials, "--pid", $"{node.ProcessId}", "--sfu-cpu", "-",
            "--rooms", string.Join(',', rooms), "--gen-cpu", string.Join(',', processors)]);

    public Task<BenchRun> RunNodeAsync() =>
        RunAsync(mayLose: false, ["--sfu", "http", "--url", $"http://127.0.0.1:{Port}", "--start", $"{Environment.ProcessPath ?? "dotnet"} {nodeAssembly} --bench {Port}"]);

    /// <summary>Repeats a run that does not count, with more time before the measurement: other work on the machine can have lowered the estimates.</summary>
    private async Task<BenchRun> RunAsync(bool mayLose, string[] server)
    {
        string? fault = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var output = await CommandAsync(
                "python3",
                [Path.Combine(Folder, "bench.py"), .. server, "--srtp", "gcm", "--seconds", $"{seconds}", "--warmup", $"{WarmUp * (attempt + 1)}", "--wait-quiet", "20", .. arguments]).ConfigureAwait(false);
            var line = output.Split('\n').Last(l => l.StartsWith('{'));
            await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
            var run = JsonSerializer.Deserialize<BenchRun>(line, BenchRun.Json) ?? throw new InvalidOperationException("bench.py printed no result.");
            fault = run.FindFault(mayLose);
            if (fault is null)
            {
                return run;
            }

            await Console.Error.WriteLineAsync($"This run does not count: {fault}.").ConfigureAwait(false);
        }

        throw new BenchException($"{string.Join(' ', arguments)}: none of {Attempts} runs counts; in the last one, {fault}.");
    }

    private static async Task<string> CommandAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start.");
        var output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} exited with code {process.ExitCode}: {output}");
    }
}
