using System.Text.RegularExpressions;

namespace MeetOperator.Architecture.Tests;

/// <summary>Log messages of the product are source-generated, and each has an event ID of its own, which log queries and alerts can use.</summary>
public sealed partial class LogEventTests
{
    private static IEnumerable<(string File, string Text)> Sources => Repository.Files("*.cs")
        .Select(file => (File: Repository.Relative(file), Path: file))
        .Where(file => !file.File.StartsWith("tests/", StringComparison.Ordinal))
        .Select(file => (file.File, File.ReadAllText(file.Path)));

    [Fact]
    public void LogEvents_OfTheProduct_HaveUniqueIds()
    {
        var events = Sources.SelectMany(source => Message().Matches(source.Text).Select(match => (source.File, Id: match.Groups["id"].Value))).ToList();

        Assert.NotEmpty(events);
        Assert.Empty(events.Where(e => e.Id.Length == 0).Select(e => $"{e.File} has a log message without an event ID"));
        Assert.Empty(events.GroupBy(e => e.Id).Where(group => group.Count() > 1).Select(group => $"event ID {group.Key} is used by {string.Join(", ", group.Select(e => e.File))}"));
    }

    [Fact]
    public void LogCalls_OfTheProduct_AreSourceGenerated() =>
        Assert.Empty(Sources.Where(source => DirectCall().IsMatch(source.Text)).Select(source => source.File));

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(?<id>\d*)")]
    private static partial Regex Message();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex DirectCall();
}
