using System.Diagnostics;
using System.Text.RegularExpressions;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.ApiServer.Tests.Http;

namespace MeetOperator.Kube.ApiServer.Tests.Kubectl;

/// <summary>Runs the real kubectl with its own kubeconfig and cache.</summary>
public sealed partial class Kubectl : IAsyncLifetime
{
    private readonly string _home = Directory.CreateTempSubdirectory("kubectl").FullName;

    internal Api Api { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Api = await Api.StartAsync(new ApiServerOptions
        {
            PodLogs = (request, _) => Task.FromResult<Stream?>(new MemoryStream(System.Text.Encoding.UTF8.GetBytes($"{request.Pod}/{request.Container} tail={request.TailLines} follow={request.Follow}\n"))),
        });
        await File.WriteAllTextAsync(Path.Combine(_home, "config"), Api.Server.Kubeconfig);
    }

    public async Task DisposeAsync()
    {
        await Api.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    /// <summary>Runs kubectl and expects success. Ages in the output are replaced because they change.</summary>
    public async Task<string> RunAsync(string arguments, string? input = null, string? editor = null)
    {
        var (code, output, error) = await TryRunAsync(arguments, input, editor);
        Assert.True(code == 0, $"kubectl {arguments}: exit {code}\n{output}\n{error}");
        return output;
    }

    public async Task<(int Code, string Output, string Error)> TryRunAsync(string arguments, string? input = null, string? editor = null)
    {
        using var process = Start(arguments, editor);
        if (input is not null)
        {
            // kubectl reads text that starts with a brace as JSON.
            await process.StandardInput.WriteAsync("---\n" + input);
        }

        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, Ages().Replace(await output, m => " AGE" + new string(' ', Math.Max(0, m.Groups[2].Length - 3 + m.Groups[1].Length))), await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"kubectl {arguments} did not finish within 60 s");
        }
    }

    public Process Start(string arguments, string? editor = null)
    {
        var start = new ProcessStartInfo("kubectl", ["--kubeconfig", $"{_home}/config", "--cache-dir", $"{_home}/cache", .. Split(arguments)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _home,
        };
        start.Environment["HOME"] = _home;
        start.Environment["EDITOR"] = editor ?? "false";
        return Process.Start(start)!;
    }

    /// <summary>Splits at spaces outside single quotes.</summary>
    private static IEnumerable<string> Split(string arguments) =>
        Words().Matches(arguments).Select(m => m.Value.Replace("'", string.Empty, StringComparison.Ordinal));

    [GeneratedRegex("('[^']*'|[^' ])+")]
    private static partial Regex Words();

    [GeneratedRegex(@" (\d+[smhd])( *)(?=\S|$)", RegexOptions.Multiline)]
    private static partial Regex Ages();
}
