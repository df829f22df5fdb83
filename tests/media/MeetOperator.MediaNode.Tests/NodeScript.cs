using System.Diagnostics;
using System.Text.Json;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Runs a script of <c>tests/media/browser</c> and parses the JSON line that it prints. Installs the script's npm packages first.</summary>
internal static class NodeScript
{
    private static readonly string Folder = Repository.PathOf("tests", "media", "browser");
    private static readonly Lazy<Task> Installed = new(() => Directory.Exists(Path.Combine(Folder, "node_modules", "playwright-core"))
        ? Task.CompletedTask
        : ProcessAsync("npm", ["ci", "--no-audit", "--no-fund"]));

    public static async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        await Installed.Value;
        var output = await ProcessAsync("node", [script, .. arguments]);
        return JsonDocument.Parse(output.Split('\n').Last(l => l.StartsWith('{'))).RootElement;
    }

    /// <summary>The client certificates for a script, as JSON.</summary>
    public static string Callers() => JsonSerializer.Serialize(new
    {
        host = ControlNames.OfNode(TestNode.Namespace, TestNode.Name),
        byOperator = TestNode.Authority.Caller(ControlRole.Operator),
        bySignaling = TestNode.Authority.Caller(ControlRole.Signaling),
    }, NodeControlJson.Options);

    private static async Task<string> ProcessAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} exited with code {process.ExitCode}: {await errors}");
        return output;
    }
}
