using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>Every golden case has one verdict, whoever is asked.</summary>
[Collection(ConformanceCollection.Name)]
public sealed class GoldenVerdictTests(Judges judges)
{
    [Theory]
    [GoldenCases("valid")]
    public async Task Write_ValidCase_IsTaken(string judge, string path)
    {
        var verdict = await judges.AskAsync(judge, GoldenCase.Load(path));

        Assert.True(verdict.Taken, verdict.Answer);
    }

    [Theory]
    [GoldenCases("invalid")]
    public async Task Write_InvalidCase_IsRefusedAndNamesTheField(string judge, string path)
    {
        var given = GoldenCase.Load(path);

        var verdict = await judges.AskAsync(judge, given);

        if (given.Rule is { } rule)
        {
            // A rule's case breaks that rule alone: one finding, with the rule's own words.
            Assert.False(verdict.Taken);
            var (field, message) = Assert.Single(verdict.Findings);
            Assert.Equal(given.Field, field);
            Assert.EndsWith(rule, message, StringComparison.Ordinal);
        }
        else if (judge == Judges.Admission)
        {
            // What the schema refuses is no matter of the rules, which come after it.
            Assert.True(verdict.Taken || verdict.Findings.Any(finding => given.Field!.StartsWith(finding.Field, StringComparison.Ordinal)), verdict.Answer);
        }
        else
        {
            Assert.False(verdict.Taken);
            Assert.Contains(given.Field, verdict.Findings.Select(finding => finding.Field));
        }
    }

    /// <summary>Not the field alone: reasons' words and all, down to what is said about rules that were not looked at.</summary>
    [ServerFact(ServerNames.Apiextensions036)]
    public async Task Findings_OfEveryInvalidCase_AreThoseOfTheRealServer()
    {
        foreach (var given in GoldenCase.All("invalid"))
        {
            var real = await judges.AskAsync(ServerNames.Apiextensions036, given);
            var ours = await judges.AskAsync(ServerNames.Embedded, given);

            Assert.True(real.Findings.ToHashSet().SetEquals(ours.Findings), $"{given.Path}: the real server says {real.Answer}, ours {ours.Answer}");
        }
    }
}
