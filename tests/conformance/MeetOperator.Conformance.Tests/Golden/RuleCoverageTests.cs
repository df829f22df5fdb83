namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>The golden cases are complete: every rule has a case that violates only it, and every kind has valid and invalid cases.</summary>
public sealed class RuleCoverageTests
{
    private static readonly List<CelRule> Rules = [.. ProductCrds.All.SelectMany(CelRule.Of)];

    [Fact]
    public void Rules_EachRule_HasCaseThatViolatesOnlyIt()
    {
        var broken = GoldenCase.All("invalid").Where(given => given.Rule is not null).Select(given => (given.Kind, Field: CelRule.WithoutIndices(given.Field!), Message: given.Rule!)).ToHashSet();

        Assert.True(Rules.Count >= 17, $"only {Rules.Count} rules were found in the CRDs");
        Assert.Empty(Rules.Where(rule => !broken.Contains((rule.Kind, rule.Field, rule.Message))));
    }

    [Fact]
    public void Cases_WithRule_NameExistingRule()
    {
        var known = Rules.Select(rule => (rule.Kind, rule.Field, rule.Message)).ToHashSet();

        Assert.Empty(GoldenCase.All("invalid").Where(given => given.Rule is not null && !known.Contains((given.Kind, CelRule.WithoutIndices(given.Field!), given.Rule))).Select(given => given.Path));
    }

    [Fact]
    public void TransitionRules_EachRule_HasUpdateCase()
    {
        var transitions = GoldenCase.All("invalid").Where(given => given.Documents.Count > 1).Select(given => (given.Kind, given.Rule)).ToHashSet();

        Assert.Empty(Rules.Where(rule => rule.IsTransition && !transitions.Contains((rule.Kind, rule.Message))));
    }

    [Fact]
    public void Kinds_EachKind_HasValidCreateAndUpdateCases()
    {
        var valid = GoldenCase.All("valid").ToList();

        foreach (var kind in Rules.Select(rule => rule.Kind).Distinct())
        {
            Assert.Contains(valid, given => given.Kind == kind && given.Documents.Count == 1);
            Assert.Contains(valid, given => given.Kind == kind && given.Documents.Count > 1);
        }
    }

    [Fact]
    public void InvalidCases_EachCase_NamesField() => Assert.Empty(GoldenCase.All("invalid").Where(given => string.IsNullOrEmpty(given.Field)).Select(given => given.Path));
}
