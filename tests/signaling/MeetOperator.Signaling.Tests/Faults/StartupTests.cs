using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Faults;

/// <summary>Tests that the process exits with one line that names an invalid setting, without a stack trace.</summary>
public sealed class StartupTests : IDisposable
{
    private readonly string _folder = Daemon.NewFolder("start");
    private string? _warning;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("MEET_DATABASE", "sqlite:")]
    [InlineData("MEET_DATABASE", "postgres://meet:hunter2@db/meet")]
    [InlineData("MEET_DATABASE", "Host=db;Password=hunter2;Nonsense=1")]
    [InlineData("MEET_DATABASE", "Database=meet;Password=hunter2")]
    [InlineData("MEET_REDIS", "redis:6379,nonsense=hunter2")]
    [InlineData("MEET_HTTP_ADDRESS", "8080")]
    [InlineData("MEET_SIGNING_KEY_FILE", "/nowhere")]
    [InlineData("MEET_ROW_RETENTION_DAYS", "soon")]
    public async Task Start_InvalidSetting_NamesVariableInOneLine(string name, string value)
    {
        var line = Assert.Single(await RunAsync(name, value));
        Assert.Contains(name, line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_MissingKubeconfig_NamesFileInOneLine() => Assert.Contains("/nowhere", Assert.Single(await RunAsync("KUBECONFIG", "/nowhere")), StringComparison.Ordinal);

    [Fact]
    public async Task Start_OutdatedRuntime_PrintsWarning()
    {
        await RunAsync("KUBECONFIG", "/nowhere");
        Assert.Equal(MinimumRuntime.FindWarning(Environment.Version), _warning);
    }

    [Fact]
    public async Task Start_PortInUse_NamesAddressInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        Assert.Contains(address, Assert.Single(await RunAsync("MEET_HTTP_ADDRESS", address)), StringComparison.Ordinal);
    }

    /// <summary>Starts the process with one invalid variable. Returns the lines of standard error.</summary>
    private async Task<string[]> RunAsync(string name, string value)
    {
        var key = Path.Combine(_folder, "key");
        await File.WriteAllTextAsync(key, new string('k', 64));
        await File.WriteAllTextAsync(Path.Combine(_folder, "kubeconfig"), """
            {"apiVersion":"v1","kind":"Config","current-context":"t","clusters":[{"name":"t","cluster":{"server":"http://127.0.0.1:1"}}],
             "users":[{"name":"t","user":{"token":"t"}}],"contexts":[{"name":"t","context":{"cluster":"t","user":"t"}}]}
            """);
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "MeetOperator.Signaling.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["KUBECONFIG"] = Path.Combine(_folder, "kubeconfig"),
                ["MEET_DATABASE"] = $"sqlite:{_folder}/meet.db",
                ["MEET_SIGNING_KEY_FILE"] = key,
                ["MEET_HTTP_ADDRESS"] = "127.0.0.1:0",
                ["MEET_METRICS_ADDRESS"] = "127.0.0.1:0",
                [name] = value,
            },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var kill = limit.Token.Register(() => process.Kill());
        var errorOutput = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.DoesNotContain("   at ", errorOutput, StringComparison.Ordinal);

        // An outdated runtime adds a warning, which most tests ignore.
        var lines = errorOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _warning = lines.SingleOrDefault(IsWarning);
        return [.. lines.Where(line => !IsWarning(line))];

        static bool IsWarning(string line) => line.StartsWith("warning:", StringComparison.Ordinal);
    }
}
