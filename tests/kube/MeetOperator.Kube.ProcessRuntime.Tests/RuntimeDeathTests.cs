using System.Diagnostics;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Processes;
using MeetOperator.Testing;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

/// <summary>No container outlives the runtime, and the next runtime continues with its Pods.</summary>
public sealed class RuntimeDeathTests
{
    [Fact]
    public async Task Kill_RuntimeBySigkill_LeavesNoDescendants()
    {
        await using var node = await NodeFixture.StartAsync(withNode: false);
        using var runtime = StartVictim(node);
        await node.RunAsync("plain", "exec sleep 1000");
        await node.RunAsync("parent", "setsid sleep 1000 & wait");
        var pods = new[] { await node.WaitAsync("plain", NodeFixture.IsReady), await node.WaitAsync("parent", NodeFixture.IsReady) };
        Assert.All(pods, p => Assert.True(NodeFixture.IsAlive(NodeFixture.ProcessOf(p))));

        runtime.Kill();
        await runtime.WaitForExitAsync(NodeFixture.Limit());
        foreach (var pod in pods)
        {
            await NodeFixture.WaitForExitAsync(NodeFixture.ProcessOf(pod));
        }

        // Grandchildren must end as well, even if no other runtime starts.
        await Eventually.TrueAsync(() => !OrphanedProcesses.Find(node.Folder).Any(NodeFixture.IsAlive), "all grandchildren have exited", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task DisposeAsync_RunningContainers_EndWithinGracePeriod()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("listens", "exec sleep 1000");
        await node.RunAsync("deaf", "trap '' TERM; while :; do sleep 0.05; done");
        var pods = new[] { await node.WaitAsync("listens", NodeFixture.IsReady), await node.WaitAsync("deaf", NodeFixture.IsReady) };
        var watch = Stopwatch.StartNew();
        await node.StopNodeAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(4), $"took {watch.Elapsed}");
        Assert.All(pods, p => Assert.False(NodeFixture.IsAlive(NodeFixture.ProcessOf(p))));
    }

    [Fact]
    public async Task StartAsync_AfterRuntimeRestart_RestartsOrFailsPods()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("always", "exec sleep 1000", p => p.Spec.RestartPolicy = "Always");
        await node.RunAsync("never", "exec sleep 1000");
        await node.WaitAsync("always", NodeFixture.IsReady);
        await node.WaitAsync("never", NodeFixture.IsReady);
        await node.StopNodeAsync();
        await node.StartNodeAsync();
        var restarted = await node.WaitAsync("always", p => NodeFixture.StatusOf(p) is { RestartCount: 1, State.Running: not null });
        Assert.Equal(137, NodeFixture.StatusOf(restarted).LastState?.Terminated?.ExitCode);
        var failed = await node.WaitAsync("never", p => p.Status?.Phase == "Failed");
        Assert.Contains("restarted", NodeFixture.StatusOf(failed).State!.Terminated!.Message, StringComparison.Ordinal);
    }

    private static Process StartVictim(NodeFixture node)
    {
        var info = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "MeetOperator.Kube.ProcessRuntime.Victim.dll"), node.Api.Server.Address.ToString(), node.Api.Server.Token, node.Folder },
        };
        return Process.Start(info)!;
    }
}
