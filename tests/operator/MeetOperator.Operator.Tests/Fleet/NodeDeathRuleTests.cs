using MeetOperator.Contracts;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class NodeDeathRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly NodeVerdict Unhealthy = new(SfuNodeState.Unhealthy, "Unreachable", "3 polls in a row were in vain");

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void IsDead_SilentForTenMinutesWhileOthersAnswer_UnlessItAnswersWrongly(bool answersWrongly, bool dead)
    {
        var facts = new NodeFacts { Node = new SfuNode(), LastSeen = Now - TimeSpan.FromMinutes(10), Missed = 300, AnswersWrongly = answersWrongly };
        Assert.Equal(dead, NodeDeath.IsDead(facts, Unhealthy, TimeSpan.FromMinutes(10), othersAnswer: true, Now));
        Assert.True(NodeDeath.IsLost(facts, Unhealthy, TimeSpan.FromMinutes(10), Now));
    }
}
