using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuNodes;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class PodReplacementTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void FindReason_RunningPod_ReturnsNull() => Assert.Null(PodReplacement.FindReason(Pod("Running", 3600, null), null, Now));

    [Fact]
    public void FindReason_EndedPod_ReturnsReason() => Assert.Contains("has ended", PodReplacement.FindReason(Pod("Failed", 1, null), null, Now), StringComparison.Ordinal);

    [Fact]
    public void FindReason_BackOffOfOldPod_ReturnsReason() => Assert.NotNull(PodReplacement.FindReason(Pod("Running", 20, "CrashLoopBackOff"), null, Now));

    [Fact]
    public void FindReason_BackOffOfYoungPod_ReturnsNull() => Assert.Null(PodReplacement.FindReason(Pod("Running", 19, "CrashLoopBackOff"), null, Now));

    [Fact]
    public void FindReason_BackOffOfSidecar_ReturnsNull() => Assert.Null(PodReplacement.FindReason(Pod("Running", 3600, "CrashLoopBackOff", container: "sidecar"), null, Now));

    [Fact]
    public void FindReason_ImagePullBackOff_ReturnsNull() => Assert.Null(PodReplacement.FindReason(Pod("Pending", 3600, "ImagePullBackOff"), null, Now));

    [Fact]
    public void FindReason_NotForwardingWithoutMeetings_ReturnsReason()
    {
        var view = new NodeView { Decision = new NodeStateDecision(SfuNodeState.Unhealthy, ForwardingWatch.NotForwarding, "stuck"), Meetings = 1 };

        Assert.Null(PodReplacement.FindReason(Pod("Running", 60, null), view, Now));
        Assert.Contains("does not forward", PodReplacement.FindReason(Pod("Running", 60, null), view with { Meetings = 0 }, Now), StringComparison.Ordinal);
        Assert.Null(PodReplacement.FindReason(Pod("Running", 60, null), view with { Meetings = 0, Decision = view.Decision with { Reason = ForwardingWatch.CutOff } }, Now));
    }

    [Fact]
    public void FindReason_LoopStuckWhileParticipantsLeave_Waits()
    {
        var view = new NodeView
        {
            Decision = new NodeStateDecision(SfuNodeState.Draining, ForwardingWatch.LoopStuck, "stuck"),
            Meetings = 0,
            WithoutMeetingsFor = TimeSpan.FromSeconds(14),
            Report = Report(participants: 2) with { LoopReports = [Loop(tickAgeMs: 9000, sessions: 1), Loop(tickAgeMs: 5, sessions: 1)] },
        };

        Assert.Null(PodReplacement.FindReason(Pod("Running", 60, null), view, Now));
        Assert.NotNull(PodReplacement.FindReason(Pod("Running", 60, null), view with { WithoutMeetingsFor = TimeSpan.FromSeconds(15) }, Now));
        Assert.NotNull(PodReplacement.FindReason(Pod("Running", 60, null), view with { Report = view.Report with { LoopReports = [Loop(9000, 1), Loop(5, 0)] } }, Now));
    }

    [Fact]
    public void FindReason_InvalidCredentialsWithoutMeetings_ReturnsReason()
    {
        var view = new NodeView { Decision = new NodeStateDecision(SfuNodeState.Unhealthy, NodeStateRules.Untrusted, "unauthorized"), Meetings = 1 };

        Assert.Null(PodReplacement.FindReason(Pod("Running", 60, null), view, Now));
        Assert.Contains("no longer valid", PodReplacement.FindReason(Pod("Running", 60, null), view with { Meetings = 0 }, Now), StringComparison.Ordinal);
        Assert.Null(PodReplacement.FindReason(Pod("Running", 19, null), view with { Meetings = 0 }, Now));
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(2, 40)]
    [InlineData(3, 80)]
    [InlineData(4, 160)]
    [InlineData(5, 300)]
    [InlineData(1_000_000, 300)]
    public void FindReason_ConsecutiveUntrustedPods_WaitsLongerEachTime(int pods, int seconds)
    {
        var view = new NodeView { Decision = new NodeStateDecision(SfuNodeState.Unhealthy, NodeStateRules.Untrusted, "unauthorized"), Meetings = 0, UntrustedPods = pods };

        Assert.Null(PodReplacement.FindReason(Pod("Running", seconds - 1, null), view, Now));
        Assert.NotNull(PodReplacement.FindReason(Pod("Running", seconds, null), view, Now));
    }

    /// <summary>The rejected certificate may be the operator's own.</summary>
    [Fact]
    public void FindReason_UntrustedWithPossibleParticipants_ReturnsNull()
    {
        var view = new NodeView { Decision = new NodeStateDecision(SfuNodeState.Unhealthy, NodeStateRules.Untrusted, "unauthorized"), Meetings = 0, HasServed = true };

        Assert.Null(PodReplacement.FindReason(Pod("Running", 60, null), view, Now));
        Assert.Null(PodReplacement.FindReason(Pod("Running", 60, null), view with { Report = Report(participants: 1) }, Now));
        Assert.NotNull(PodReplacement.FindReason(Pod("Running", 60, null), view with { Report = Report(participants: 0) }, Now));
        Assert.NotNull(PodReplacement.FindReason(Pod("Running", 60, null), view with { IsDead = true }, Now));
    }

    private static LoopReport Loop(long tickAgeMs, int sessions) => new() { Port = 42000, TickAgeMs = tickAgeMs, ConnectedSessions = sessions };

    private static NodeReport Report(int participants) => new()
    {
        Node = "n",
        Version = "1",
        InstanceId = "i",
        State = NodeControl.NodeState.Ready,
        StartedAt = Now,
        Participants = participants,
        Rooms = [],
    };

    private static Pod Pod(string phase, int ageSeconds, string? waiting, string container = "media-node") => new()
    {
        Metadata = new ObjectMeta { CreationTimestamp = Now.AddSeconds(-ageSeconds) },
        Status = new PodStatus
        {
            Phase = phase,
            ContainerStatuses = [new ContainerStatus { Name = container, State = new ContainerState { Waiting = waiting is null ? null : new ContainerStateWaiting { Reason = waiting } } }],
        },
    };
}
