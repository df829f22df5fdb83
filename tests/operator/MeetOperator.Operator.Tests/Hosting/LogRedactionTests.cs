using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Hosting;

/// <summary>Tests that the operator's log contains no meeting IDs, because anyone with the ID of a meeting can join it.</summary>
public sealed class LogRedactionTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _log = new();
    private readonly string _kubeconfig = Path.GetTempFileName();
    private TestCluster _cluster = null!;
    private Process _operator = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(withOperator: false);
        await File.WriteAllTextAsync(_kubeconfig, $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"t","clusters":[{"name":"t","cluster":{"server":"{{{_cluster.ServerAddress}}}"}}],
             "users":[{"name":"t","user":{"token":"{{{_cluster.Token}}}"}}],"contexts":[{"name":"t","context":{"cluster":"t","user":"t"}}]}
            """);
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "MeetOperator.Operator.dll")])
        {
            RedirectStandardOutput = true,
            Environment = { ["KUBECONFIG"] = _kubeconfig, ["MEET_OPERATOR_ADDRESS"] = "127.0.0.1:0", ["POD_NAME"] = "operator-1" },
        };
        _operator = Process.Start(start)!;
        _operator.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _operator.BeginOutputReadLine();
    }

    public async Task DisposeAsync()
    {
        _operator.Kill();
        await _operator.WaitForExitAsync();
        _operator.Dispose();
        await _cluster.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    [Fact]
    public async Task Log_OrphanedRoomAndPendingMeeting_ContainsNoId()
    {
        var (room, meeting) = (Guid.NewGuid().ToString("D"), Guid.NewGuid().ToString("D"));
        await _cluster.WithTenantAsync();
        var node = Assert.Single(_cluster.Kubelet.Nodes);

        // A room that no meeting owns, and a meeting like one of the REST API: its name is its ID.
        node.AddRoom(room, 1);
        await _cluster.CreateMeetingAsync(meeting, tenant: "nobody");

        // The lines can still be found with the ID.
        await LoggedAsync($"meet-a/{Mark(meeting)}: TenantNotFound");
        await LoggedAsync($"has room {Mark(room)}, but no meeting assigned to this node owns it");
        Assert.All((string[])[room, meeting], id => Assert.DoesNotContain(id, string.Join('\n', _log), StringComparison.OrdinalIgnoreCase));
    }

    private static string Mark(string id) => $"id:{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id)))[..12]}";

    private Task LoggedAsync(string text) => _cluster.EventuallyAsync(
        () => Task.FromResult(_log.Any(line => line.Contains(text, StringComparison.Ordinal))), $"a line with \"{text}\"", () => string.Join('\n', _log));
}
