using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Commands;

namespace MeetOperator.KubectlMeet.Tests;

public sealed class CommandParserTests
{
    [Theory]
    [InlineData("statsu", "unknown command 'statsu'. Did you mean 'status'?")]
    [InlineData("plan", "'plan' needs another word: plan drain")]
    [InlineData("plan drian", "'plan' needs another word: plan drain")]
    [InlineData("why", "an argument is missing; usage: kubectl meet why MEETING")]
    [InlineData("undrain a b", "'b' is one argument too many; usage: kubectl meet undrain NODE")]
    [InlineData("status --nmaespace x", "unknown option '--nmaespace'. Did you mean '--namespace'?")]
    [InlineData("status --force", "status has no option --force")]
    [InlineData("drain a -o json", "drain has no option -o")]
    [InlineData("status -o xml", "-o is 'xml'; it must be one of: json, yaml")]
    [InlineData("status -n", "-n needs a value: -n NAMESPACE")]
    [InlineData("drain a --force=maybe", "--force takes no value")]
    [InlineData("--force", "--force needs a command")]
    public void Parse_WrongLine_SaysWhatToWrite(string line, string message)
    {
        var error = Assert.Throws<UsageException>(() => CommandParser.Parse(CommandTable.Specs, line.Split(' ')));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drain node-1 -n space --reason=x --force")]
    [InlineData("-nspace drain --force node-1 --reason x")]
    [InlineData("drain --namespace=space --force --reason x -- node-1")]
    public void Parse_OptionsAnywhere_GivesTheSameLine(string line)
    {
        var parsed = CommandParser.Parse(CommandTable.Specs, line.Split(' '));

        Assert.Equal("drain", parsed.Command?.Name);
        Assert.Equal(["node-1"], parsed.Arguments);
        Assert.Equal(("space", "x", true), (parsed.Value("namespace"), parsed.Value("reason"), parsed.Has("force")));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1h", 3600)]
    public void Seconds_Duration_IsRead(string text, int seconds) => Assert.Equal(seconds, Line(text).Seconds("deadline", 86_400));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1d")]
    [InlineData("1hh")]
    [InlineData("m")]
    [InlineData("1.5h")]
    [InlineData("25h")]
    [InlineData("99999999999999999999")]
    public void Seconds_NoDuration_IsRejected(string text) =>
        Assert.Contains("--deadline", Assert.Throws<UsageException>(() => Line(text).Seconds("deadline", 86_400)).Message, StringComparison.Ordinal);

    private static CommandLine Line(string text) => new(null, [], new Dictionary<string, string> { ["deadline"] = text });
}
