using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>All reviewers agree on every golden case.</summary>
[Collection(ConformanceCollection.Name)]
public sealed class GoldenCaseTests(Reviewers reviewers)
{
    [Theory]
    [GoldenCases("valid")]
    public async Task Write_ValidCase_IsAccepted(string reviewer, string path)
    {
        var result = await reviewers.ReviewAsync(reviewer, GoldenCase.Load(path));

        Assert.True(result.Accepted, result.Response);
    }

    [Theory]
    [GoldenCases("invalid")]
    public async Task Write_InvalidCase_IsRejectedWithField(string reviewer, string path)
    {
        var given = GoldenCase.Load(path);

        var result = await reviewers.ReviewAsync(reviewer, given);

        if (given.Rule is { } rule)
        {
            // The case violates only this rule, so there is one error with the message of the rule.
            Assert.False(result.Accepted);
            var (field, message) = Assert.Single(result.Errors);
            Assert.Equal(given.Field, field);
            Assert.EndsWith(rule, message, StringComparison.Ordinal);
        }
        else if (reviewer == Reviewers.Admission)
        {
            // The schema rejects the case before the rules run, so the rules may accept it.
            Assert.True(result.Accepted || result.Errors.Any(error => given.Field!.StartsWith(error.Field, StringComparison.Ordinal)), result.Response);
        }
        else
        {
            Assert.False(result.Accepted);
            Assert.Contains(given.Field, result.Errors.Select(error => error.Field));
        }
    }

    /// <summary>Fields and messages are equal, including the message about rules that were not evaluated.</summary>
    [ServerFact(ServerNames.Apiextensions036)]
    public async Task Errors_InvalidCases_EqualThoseOfRealServer()
    {
        foreach (var given in GoldenCase.All("invalid"))
        {
            var real = await reviewers.ReviewAsync(ServerNames.Apiextensions036, given);
            var embedded = await reviewers.ReviewAsync(ServerNames.Embedded, given);

            Assert.True(real.Errors.ToHashSet().SetEquals(embedded.Errors), $"{given.Path}: the real server returned {real.Response}, the embedded server {embedded.Response}");
        }
    }
}
