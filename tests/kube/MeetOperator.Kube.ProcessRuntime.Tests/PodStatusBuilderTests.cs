using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Containers;
using MeetOperator.Kube.ProcessRuntime.Nodes;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Pods;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class PodStatusBuilderTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PodLocation Location = new("node-a", "127.0.0.1", "127.0.1.2", "/x");
    private static readonly ContainerSnapshot Running = ContainerSnapshot.Waiting("ContainerCreating").WithRunning(Now, "process://1") with { Ready = true, Started = true };

    [Theory]
    [InlineData("Never", 0, "Succeeded")]
    [InlineData("Never", 1, "Failed")]
    [InlineData("OnFailure", 0, "Succeeded")]
    [InlineData("OnFailure", 1, "Running")]
    [InlineData("Always", 0, "Running")]
    public void Build_ContainerEnded_PhaseFollowsRestartPolicy(string policy, int exitCode, string phase) =>
        Assert.Equal(phase, Build(policy, stopping: false, before: null, Ended(exitCode)).Phase);

    [Fact]
    public void Build_EndedWhileStopping_IsFinal() =>
        Assert.Equal("Failed", Build("Always", stopping: true, before: null, Ended(143)).Phase);

    [Fact]
    public void Build_OneOfTwoNotReady_MessageNamesIt()
    {
        var status = Build("Always", stopping: false, before: null, Running, Running with { Ready = false });
        var ready = status.Conditions!.Single(c => c.Type == "Ready");
        Assert.Equal(("False", "ContainersNotReady", "containers with unready status: [c1]"), (ready.Status, ready.Reason, ready.Message));
        Assert.Equal("Running", status.Phase);
    }

    [Fact]
    public void Build_NothingStartedYet_IsPending() =>
        Assert.Equal("Pending", Build("Always", stopping: false, before: null, Running, ContainerSnapshot.Waiting("ErrImagePull")).Phase);

    [Fact]
    public void Build_UnchangedStatus_KeepsTransitionTime()
    {
        var earlier = Now.AddHours(-1);
        var before = new PodStatus { Conditions = [new PodCondition { Type = "Ready", Status = "True", LastTransitionTime = earlier }] };
        var kept = Build("Always", stopping: false, before, Running).Conditions!;
        Assert.Equal(earlier, kept.Single(c => c.Type == "Ready").LastTransitionTime);
        Assert.Equal(Now, kept.Single(c => c.Type == "ContainersReady").LastTransitionTime);
    }

    [Fact]
    public void Allocate_PodAddresses_AreUniqueStableAndReusedLast()
    {
        var addresses = new PodAddresses("127.0.9");
        Assert.Equal("127.0.9.2", addresses.Allocate("a"));
        Assert.Equal("127.0.9.2", addresses.Allocate("a"));
        addresses.Release("a");
        Assert.Equal("127.0.9.3", addresses.Allocate("b"));
        Assert.Equal(252, Enumerable.Range(0, 252).Select(i => addresses.Allocate($"p{i}")).Distinct().Count(a => a is not null));
        Assert.Null(addresses.Allocate("one too many"));
    }

    private static ContainerSnapshot Ended(int exitCode) => Running.WithTerminated(new ContainerStateTerminated { ExitCode = exitCode });

    private static PodStatus Build(string policy, bool stopping, PodStatus? before, params ContainerSnapshot[] snapshots)
    {
        var pod = new Pod { Spec = new PodSpec { RestartPolicy = policy, Containers = [.. snapshots.Select((_, i) => new Container { Name = $"c{i}" })] } };
        return PodStatusBuilder.Build(pod, Location, Now, snapshots.Select((snapshot, i) => (snapshot, i)).ToDictionary(x => $"c{x.i}", x => x.snapshot), stopping, before, Now);
    }
}
