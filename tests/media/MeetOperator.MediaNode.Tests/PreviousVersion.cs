using System.Diagnostics;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The media node of an earlier version.</summary>
internal static class PreviousVersion
{
    private static readonly Lazy<Task<string>> Built = new(BuildAsync);

    public static string CommitFile { get; } = Repository.PathOf("tests", "media", "previous", "commit");

    /// <summary>Starts it as a process. The first call builds it, which takes half a minute.</summary>
    public static async Task<NodeProcess> StartAsync() => await NodeProcess.StartAsync(shutdownSeconds: 1, program: Path.Combine(await Built.Value, "MeetOperator.MediaNode.dll"));

    private static async Task<string> BuildAsync()
    {
        using var build = Process.Start(new ProcessStartInfo("bash", [Repository.PathOf("tests", "media", "previous", "build.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(8));
        var errors = build.StandardError.ReadToEndAsync(limit.Token);
        var output = await build.StandardOutput.ReadToEndAsync(limit.Token);
        await build.WaitForExitAsync(limit.Token);
        Assert.True(build.ExitCode == 0, $"the build of the earlier version exited with code {build.ExitCode}: {await errors}");
        return output.Trim();
    }
}
