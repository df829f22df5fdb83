using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class MachineProbeRulesTests
{
    private static readonly MachineProbe Probe = new("m1", Key("a"), 100, Key("b"));

    [Fact]
    public void FindDue_AllAnswer_ReturnsNone() => Assert.Empty(Due(Healthy("a", "m1"), Healthy("b", "m2")));

    [Fact]
    public void FindDue_FirstUnansweredPoll_AsksWithControlOnAnotherMachine() =>
        Assert.Equal([Probe], Due(Silent("a", "m1"), Healthy("b", "m2")));

    /// <summary>The other media node there has not been polled since the machine was lost.</summary>
    [Fact]
    public void FindDue_OtherNodeThereIsNotPolledYet_Asks() =>
        Assert.Equal([Probe], Due(Silent("a", "m1"), Healthy("c", "m1", answeredAt: 99), Healthy("b", "m2")));

    [Fact]
    public void FindDue_SeveralSilentNodesOfAMachine_AsksOnce() =>
        Assert.Equal([Probe], Due(Silent("c", "m1", since: 103), Silent("a", "m1"), Healthy("b", "m2")));

    /// <summary>Only this media node is broken, or cut off.</summary>
    [Fact]
    public void FindDue_OtherNodeThereHasAnsweredSince_ReturnsNone() => Assert.Empty(Due(Silent("a", "m1"), Healthy("c", "m1", answeredAt: 101), Healthy("b", "m2")));

    /// <summary>As in an embedded installation, which has no kubelets.</summary>
    [Fact]
    public void FindDue_OnlyMachine_ReturnsNone() => Assert.Empty(Due(Silent("a", "m1"), Healthy("c", "m1", answeredAt: 99)));

    [Fact]
    public void FindDue_NoHealthyNodeElsewhere_ReturnsNone() => Assert.Empty(Due(Silent("a", "m1"), Healthy("b", "m2") with { IsHealthy = false }));

    [Fact]
    public void FindDue_MostMachinesSilent_ReturnsNone() => Assert.Empty(Due(Silent("a", "m1"), Silent("c", "m3"), Healthy("b", "m2")));

    [Fact]
    public void FindDue_HalfOfTheMachinesSilent_AsksForEach() =>
        Assert.Equal(["m1", "m3"], Due(Silent("a", "m1"), Silent("c", "m3"), Healthy("b", "m2"), Healthy("d", "m4")).Select(probe => probe.Machine));

    [Fact]
    public void FindDue_NodeHasNeverServed_ReturnsNone() => Assert.Empty(Due(Silent("a", "m1") with { HasServed = false }, Healthy("b", "m2")));

    [Fact]
    public void FindDue_ClusterReportsMachineLost_ReturnsNone() => Assert.Empty(Due(Silent("a", "m1") with { IsReportedLost = true }, Healthy("b", "m2")));

    /// <summary>A machine that the cluster has given up says nothing about the others.</summary>
    [Fact]
    public void FindDue_OneOfTwoOtherMachinesSilent_AsksBesideALostOne() =>
        Assert.Equal([Probe], Due(Silent("a", "m1"), Silent("c", "m3") with { IsReportedLost = true }, Healthy("b", "m2")));

    [Fact]
    public void FindDue_NextRound_UsesAnotherControl()
    {
        MachineNode[] nodes = [Silent("a", "m1"), Healthy("b", "m2"), Healthy("c", "m3")];

        Assert.Equal([Key("b"), Key("c"), Key("b")], new[] { 0, 1, 2 }.Select(round => MachineProbeRules.FindDue(nodes, round).Single().Control));
    }

    [Fact]
    public void IsLost_NoAnswerWhileControlAnswers_ReturnsTrue() => Assert.True(IsLost(Silent("a", "m1"), Silent("c", "m1", since: 140), Healthy("b", "m2")));

    [Theory]
    [InlineData((int)KubeletAnswer.Log)]
    [InlineData((int)KubeletAnswer.Other)]
    [InlineData((int)KubeletAnswer.Forbidden)]
    public void IsLost_AnyAnswer_ReturnsFalse(int answer) => Assert.False(MachineProbeRules.IsLost(Probe, (KubeletAnswer)answer, KubeletAnswer.Log, [Silent("a", "m1"), Healthy("b", "m2")]));

    [Theory]
    [InlineData((int)KubeletAnswer.None)]
    [InlineData((int)KubeletAnswer.Other)]
    [InlineData((int)KubeletAnswer.Forbidden)]
    public void IsLost_ControlSentNoLog_ReturnsFalse(int control) => Assert.False(MachineProbeRules.IsLost(Probe, KubeletAnswer.None, (KubeletAnswer)control, [Silent("a", "m1"), Healthy("b", "m2")]));

    [Fact]
    public void IsLost_NodeAnswersAgain_ReturnsFalse() => Assert.False(IsLost(Healthy("a", "m1", answeredAt: 120), Healthy("b", "m2")));

    /// <summary>It answered in the meantime, and is silent again.</summary>
    [Fact]
    public void IsLost_AnotherSilence_ReturnsFalse() => Assert.False(IsLost(Silent("a", "m1", since: 130) with { AnsweredAt = 120 }, Healthy("b", "m2")));

    [Fact]
    public void IsLost_PodRunsOnAnotherMachine_ReturnsFalse() => Assert.False(IsLost(Silent("a", "m3"), Silent("c", "m1"), Healthy("b", "m2"), Healthy("d", "m4")));

    [Fact]
    public void IsLost_OtherNodeThereHasAnsweredSince_ReturnsFalse() => Assert.False(IsLost(Silent("a", "m1"), Silent("c", "m1", since: 130) with { AnsweredAt = 120 }, Healthy("b", "m2")));

    /// <summary>The operator has not missed a poll of it, so the machine may work.</summary>
    [Fact]
    public void IsLost_OtherNodeThereIsHealthy_ReturnsFalse() => Assert.False(IsLost(Silent("a", "m1"), Healthy("c", "m1", answeredAt: 90), Healthy("b", "m2")));

    [Fact]
    public void IsLost_MostMachinesSilentMeanwhile_ReturnsFalse() => Assert.False(IsLost(Silent("a", "m1"), Silent("c", "m3"), Healthy("b", "m2")));

    private static bool IsLost(params MachineNode[] nodes) => MachineProbeRules.IsLost(Probe, KubeletAnswer.None, KubeletAnswer.Log, nodes);

    private static IReadOnlyList<MachineProbe> Due(params MachineNode[] nodes) => MachineProbeRules.FindDue(nodes, 0);

    private static MachineNode Silent(string name, string machine, long since = 100) => new() { Machine = machine, Pod = Key(name), UnansweredSince = since, AnsweredAt = 50, HasServed = true };

    private static MachineNode Healthy(string name, string machine, long answeredAt = 110) => new() { Machine = machine, Pod = Key(name), AnsweredAt = answeredAt, IsHealthy = true };

    private static NamespacedName Key(string name) => new("meet-a", name);
}
