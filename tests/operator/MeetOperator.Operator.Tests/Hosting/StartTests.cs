using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Operator.Tests.Hosting;

/// <summary>With an invalid setting, the process prints one line per error and exits without a stack trace.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Start_InvalidSettings_ReportsOneLineEach()
    {
        var errors = await EndsAsync(("MEET_PUBLIC_URL", "meet.example"), ("MEET_OPERATOR_ADDRESS", "8081"));
        Assert.Equal(["MEET_PUBLIC_URL", "MEET_OPERATOR_ADDRESS"], errors.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task Start_MissingKubeconfig_ReportsOneLine() =>
        Assert.Contains("/nowhere", Assert.Single(await EndsAsync(("KUBECONFIG", "/nowhere"))), StringComparison.Ordinal);

    [Fact]
    public async Task Start_PortInUse_ReportsOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        var kubeconfig = Path.GetTempFileName();
        await File.WriteAllTextAsync(kubeconfig, """
            {"apiVersion":"v1","kind":"Config","current-context":"t","clusters":[{"name":"t","cluster":{"server":"http://127.0.0.1:1"}}],
             "users":[{"name":"t","user":{"token":"t"}}],"contexts":[{"name":"t","context":{"cluster":"t","user":"t"}}]}
            """);
        Assert.Contains(address, Assert.Single(await EndsAsync(("KUBECONFIG", kubeconfig), ("MEET_OPERATOR_ADDRESS", address))), StringComparison.Ordinal);
        File.Delete(kubeconfig);
    }

    /// <summary>Passes on any machine, but shows the warning only on a runtime that is too old.</summary>
    [Fact]
    public async Task Start_Runtime_WarnsOnlyIfOld() =>
        Assert.Equal(MinimumRuntime.FindWarning(Environment.Version), (await RunAsync(("KUBECONFIG", "/nowhere"))).SingleOrDefault(IsWarning));

    private static async Task<string[]> EndsAsync(params (string Name, string Value)[] variables) => [.. (await RunAsync(variables)).Where(line => !IsWarning(line))];

    private static bool IsWarning(string line) => line.StartsWith("warning:", StringComparison.Ordinal);

    /// <summary>Starts the process and returns the lines of its error output after it has exited.</summary>
    private static async Task<string[]> RunAsync(params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "MeetOperator.Operator.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);

        return errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
