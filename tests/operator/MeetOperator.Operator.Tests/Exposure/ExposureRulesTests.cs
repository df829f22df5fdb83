using System.Net;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Exposure;
using MeetOperator.Stun;

namespace MeetOperator.Operator.Tests.Exposure;

/// <summary>The condition ExposureReady, from results of exchanges.</summary>
public sealed class ExposureRulesTests
{
    private const string Open = "open inbound UDP and TCP 42000-42063";
    private static readonly ExposurePlace Place = new("meet-system/operator-1", "w1");

    [Fact]
    public void Judge_AllAnswer_IsTrueAndSaysFromWhere()
    {
        var condition = Judge([(Target("203.0.113.7"), Answers), (Target("203.0.113.7", StunTransport.IceTcp), Answers)]);

        Assert.Equal((ConditionStatus.True, "Reachable"), (condition.Status, condition.Reason));
        Assert.Equal("all 2 ports that clients use answer from inside the cluster (Pod meet-system/operator-1 on w1); 'kubectl meet net check' shows whether they answer elsewhere", condition.Message);
    }

    /// <summary>Such an answer has passed less than those of clients do.</summary>
    [Theory]
    [InlineData("w1", true)]
    [InlineData("w2", false)]
    [InlineData(null, false)]
    public void Judge_AllAnswerOnTheOperatorsClusterNode_SaysSo(string? machine, bool says)
    {
        var condition = Judge([(Target("203.0.113.7", machine: "w1"), Answers), (Target("203.0.113.8", machine: machine), Answers)]);

        Assert.Equal((ConditionStatus.True, says), (condition.Status, condition.Message!.Contains("on w1), on the same cluster node, so no firewall in front of it was tried;", StringComparison.Ordinal)));
    }

    [Fact]
    public void Judge_PrivateAddressFails_NamesAddressPortProtocolAndWhatToOpen()
    {
        var condition = Judge([(Target("10.0.0.7"), Fails), (Target("10.0.0.8"), Answers)]);

        Assert.Equal((ConditionStatus.False, "Unreachable"), (condition.Status, condition.Reason));
        Assert.Equal(
            "1 of 2 ports that clients use do not answer from inside the cluster (Pod meet-system/operator-1 on w1): 10.0.0.7:42000/udp of a (no answer); people cannot connect there: open inbound UDP and TCP 42000-42063",
            condition.Message);
    }

    [Fact]
    public void Judge_OnlyTcpFails_SaysWhoCannotConnect()
    {
        var condition = Judge([(Target("10.0.0.7"), Answers), (Target("10.0.0.7", StunTransport.IceTcp), Repeat(BindingOutcome.Refused))]);

        Assert.Equal((ConditionStatus.False, "TcpUnreachable"), (condition.Status, condition.Reason));
        Assert.Contains("10.0.0.7:42000/tcp of a (refused); people whose network lets no UDP through cannot connect there", condition.Message, StringComparison.Ordinal);
    }

    /// <summary>Many networks do not lead from inside to their own public addresses, so this says nothing about people outside.</summary>
    [Fact]
    public void Judge_NoPublicAddressAnswers_IsUnknown()
    {
        var condition = Judge([(Target("203.0.113.7"), Fails), (Target("2001:db8::7"), Fails)]);

        Assert.Equal((ConditionStatus.Unknown, "UnreachableFromInside"), (condition.Status, condition.Reason));
        Assert.Contains("[2001:db8::7]:42000/udp of a (no answer)", condition.Message, StringComparison.Ordinal);
        Assert.Contains("people may connect nevertheless: run 'kubectl meet net check' outside the cluster", condition.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cannot connect", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_AnotherPublicAddressAnswers_IsFalse() =>
        Assert.Equal("Unreachable", Judge([(Target("203.0.113.7", machine: "w2"), Fails), (Target("203.0.113.8", machine: "w3"), Answers)]).Reason);

    /// <summary>Anything may answer at an address that a pool names, and the operator's own cluster node may answer itself.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("w1")]
    public void Judge_AnswerThatShowsNothing_IsUnknown(string? machine) =>
        Assert.Equal("UnreachableFromInside", Judge([(Target("203.0.113.7", machine: "w2"), Fails), (Target("203.0.113.8", machine: machine), Answers)]).Reason);

    [Theory]
    [InlineData(null)]
    [InlineData("w1")]
    public void Judge_FailureThatShowsNothing_IsUnknown(string? machine) =>
        Assert.Equal("UnreachableFromInside", Judge([(Target("203.0.113.7", machine: machine), Fails), (Target("203.0.113.8", machine: "w3"), Answers)]).Reason);

    [Fact]
    public void IsPublicReachable_OwnClusterNodeUnknown_IsFalse() =>
        Assert.False(ExposureRules.IsPublicReachable(Place with { Machine = null }, [KeyValuePair.Create(Target("203.0.113.8", machine: "w3"), Answers)]));

    [Fact]
    public void Judge_NoRouteToOneFamily_IsTrueAndSaysSo()
    {
        var condition = Judge([(Target("203.0.113.7"), Answers), (Target("2001:db8::7"), Repeat(BindingOutcome.NoRoute))]);

        Assert.Equal(ConditionStatus.True, condition.Status);
        Assert.Contains("those with IPv6 addresses were not measured, because the operator's Pod has no route there", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_NoRouteAtAll_IsUnknown() => Assert.Equal((ConditionStatus.Unknown, "NotMeasured"), StatusOf(Judge([(Target("2001:db8::7"), Repeat(BindingOutcome.NoRoute))])));

    [Fact]
    public void Judge_OlderMediaNodes_IsUnknownWithTheReason() => Assert.Equal((ConditionStatus.Unknown, "NotSupported"), StatusOf(Judge([], unsupported: 2)));

    [Fact]
    public void Judge_OlderMediaNodesAndOneThatFails_IsFalse() => Assert.Equal("Unreachable", Judge([(Target("10.0.0.7"), Fails)], unsupported: 2).Reason);

    [Fact]
    public void Judge_NoMember_IsUnknown() => Assert.Equal((ConditionStatus.Unknown, "NothingToMeasure"), StatusOf(Judge([])));

    /// <summary>A new leader knows nothing yet.</summary>
    [Fact]
    public void Judge_NotMeasuredOftenEnough_KeepsTheConditionBefore()
    {
        var before = Judge([(Target("10.0.0.7"), Fails)]);

        Assert.Equal(before, Judge([(Target("10.0.0.7"), ExposureRecord.None)], before: before));
        Assert.Equal((ConditionStatus.Unknown, "Measuring"), StatusOf(Judge([(Target("10.0.0.7"), ExposureRecord.None)])));
    }

    [Fact]
    public void Judge_HundredMediaNodesFail_NamesFourOfThem()
    {
        var condition = Judge([.. Enumerable.Range(1, 100).Select(each => (Target($"10.0.0.{each}"), Fails))]);

        Assert.Contains("and 96 more", condition.Message, StringComparison.Ordinal);
        Assert.InRange(condition.Message.Length, 1, 1000);
    }

    [Fact]
    public void With_OneOrTwoFailuresAfterAnAnswer_StillAnswers()
    {
        var once = Answers.With(Result(BindingOutcome.NoAnswer), TimeSpan.Zero);
        var twice = once.With(Result(BindingOutcome.Refused), TimeSpan.Zero);
        var thrice = twice.With(Result(BindingOutcome.NoAnswer), TimeSpan.Zero);

        Assert.Equal((ExposureState.Answers, ExposureState.Answers, ExposureState.Fails), (once.State, twice.State, thrice.State));
        Assert.Equal(ExposureState.Answers, thrice.With(Result(BindingOutcome.Answered), TimeSpan.Zero).State);
    }

    [Fact]
    public void With_FailuresBeforeAnyAnswer_AreUndecidedUntilTheThird() =>
        Assert.Equal((ExposureState.Undecided, ExposureState.Fails), (ExposureRecord.None.With(Result(BindingOutcome.NoAnswer), TimeSpan.Zero).State, Fails.State));

    private static ExposureRecord Answers => ExposureRecord.None.With(Result(BindingOutcome.Answered), TimeSpan.Zero);

    private static ExposureRecord Fails => Repeat(BindingOutcome.NoAnswer);

    private static ExposureRecord Repeat(BindingOutcome outcome) => Enumerable.Range(0, 3).Aggregate(ExposureRecord.None, (record, _) => record.With(Result(outcome), TimeSpan.Zero));

    private static BindingResult Result(BindingOutcome outcome) => new(outcome);

    private static ExposureTarget Target(string address, StunTransport transport = StunTransport.Udp, string? machine = null) =>
        new(new NamespacedName("meet-a", "p"), "a", new IPEndPoint(IPAddress.Parse(address), 42000), transport, Machine: machine);

    private static (ConditionStatus Status, string Reason) StatusOf(Condition condition) => (condition.Status, condition.Reason);

    private static Condition Judge(IReadOnlyList<(ExposureTarget Target, ExposureRecord Record)> records, int unsupported = 0, Condition? before = null)
    {
        var condition = ExposureRules.Judge(new ExposureSnapshot(Place, records, ExposureRules.IsPublicReachable(Place, records.Select(entry => KeyValuePair.Create(entry.Target, entry.Record)))), unsupported, Open, before, 3);
        Assert.Equal((MeetConditions.ExposureReady, 3), (condition.Type, condition.ObservedGeneration));
        return condition;
    }
}
