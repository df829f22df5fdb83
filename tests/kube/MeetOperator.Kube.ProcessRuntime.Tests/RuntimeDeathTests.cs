using System.Diagnostics;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

/// <summary>Nothing that a runtime started outlives it, and the next one picks up where it left.</summary>
public sealed class RuntimeDeathTests
{
    [Fact]
    public async Task Kill_RuntimeBySigkill_LeavesNoDescendants()
    {
        await using var node = await NodeFixture.StartAsync(withNode: false);
        using var runtime = StartVictim(node);
        await node.RunAsync("plain", "exec sleep 1000");
        await node.RunAsync("parent", "setsid sleep 1000 & wait");
        var pods = new[] { await node.WaitAsync("plain", NodeFixture.Ready), await node.WaitAsync("parent", NodeFixture.Ready) };
        Assert.All(pods, p => Assert.True(NodeFixture.Alive(NodeFixture.ProcessOf(p))));

        runtime.Kill();
        await runtime.WaitForExitAsync(NodeFixture.Limit());
        foreach (var pod in pods)
        {
            await NodeFixture.WaitDeadAsync(NodeFixture.ProcessOf(pod));
        }

        // Also what a child had started itself, and without a next runtime.
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (LeftoverSweep.Find(node.Folder).Any(NodeFixture.Alive))
        {
            Assert.True(DateTime.UtcNow < deadline, "a grandchild still runs");
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task DisposeAsync_RunningContainers_EndWithinGracePeriod()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("listens", "exec sleep 1000");
        await node.RunAsync("deaf", "trap '' TERM; while :; do sleep 0.05; done");
        var pods = new[] { await node.WaitAsync("listens", NodeFixture.Ready), await node.WaitAsync("deaf", NodeFixture.Ready) };
        var watch = Stopwatch.StartNew();
        await node.StopNodeAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(4), $"took {watch.Elapsed}");
        Assert.All(pods, p => Assert.False(NodeFixture.Alive(NodeFixture.ProcessOf(p))));
    }

    [Fact]
    public async Task StartAsync_AfterRuntimeRestart_RestartsOrFailsPods()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.RunAsync("always", "exec sleep 1000", p => p.Spec.RestartPolicy = "Always");
        await node.RunAsync("never", "exec sleep 1000");
        await node.WaitAsync("always", NodeFixture.Ready);
        await node.WaitAsync("never", NodeFixture.Ready);
        await node.StopNodeAsync();
        await node.StartNodeAsync();
        var again = await node.WaitAsync("always", p => NodeFixture.StatusOf(p) is { RestartCount: 1, State.Running: not null });
        Assert.Equal(137, NodeFixture.StatusOf(again).LastState?.Terminated?.ExitCode);
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
