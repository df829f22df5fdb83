using MeetOperator.Contracts.Selectors;

namespace MeetOperator.Placement.Tests;

public sealed class LabelSelectorMatchTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["tier"] = "gold", ["zone"] = "a" };

    [Fact]
    public void Matches_NullSelector_ReturnsFalse() => Assert.False(LabelSelectorMatch.Matches(null, Labels));

    [Fact]
    public void Matches_EmptySelector_ReturnsTrue()
    {
        Assert.True(LabelSelectorMatch.Matches(new LabelSelector(), Labels));
        Assert.True(LabelSelectorMatch.Matches(new LabelSelector(), null));
    }

    [Theory]
    [InlineData("tier", LabelOperator.In, "gold", true)]
    [InlineData("tier", LabelOperator.In, "silver", false)]
    [InlineData("none", LabelOperator.In, "gold", false)]
    [InlineData("tier", LabelOperator.NotIn, "silver", true)]
    [InlineData("none", LabelOperator.NotIn, "silver", true)]
    [InlineData("tier", LabelOperator.NotIn, "gold", false)]
    [InlineData("tier", LabelOperator.Exists, null, true)]
    [InlineData("none", LabelOperator.Exists, null, false)]
    [InlineData("none", LabelOperator.DoesNotExist, null, true)]
    [InlineData("tier", LabelOperator.DoesNotExist, null, false)]
    public void Matches_Expression_FollowsKubernetes(string key, LabelOperator comparison, string? value, bool expected)
    {
        var selector = new LabelSelector { MatchExpressions = [new LabelRequirement { Key = key, Operator = comparison, Values = value is null ? null : [value] }] };

        Assert.Equal(expected, LabelSelectorMatch.Matches(selector, Labels));
    }

    [Fact]
    public void Matches_LabelsAndExpressions_RequiresAll()
    {
        var selector = new LabelSelector
        {
            MatchLabels = new Dictionary<string, string> { ["tier"] = "gold" },
            MatchExpressions = [new LabelRequirement { Key = "zone", Operator = LabelOperator.In, Values = ["b"] }],
        };

        Assert.False(LabelSelectorMatch.Matches(selector, Labels));
    }
}
