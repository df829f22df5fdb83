using System.Text;
using MeetOperator.KubectlMeet.Arguments;

namespace MeetOperator.KubectlMeet.Help;

/// <summary>The text of <c>--help</c>, made from the table of commands. Pure.</summary>
internal static class HelpText
{
    public const string Purpose = "See and operate MeetOperator: what is not well, why a meeting is where it is, what a drain would do, and whether people can connect.";

    /// <summary>The exit codes and their meanings.</summary>
    public static readonly IReadOnlyList<(string Code, string Meaning)> ExitCodes =
    [
        ("0", "all is well, or the command has done its work"),
        ("1", "an error: the cluster cannot be reached, an object does not exist, or you may not do this"),
        ("2", "the command line is wrong"),
        ("3", "status found a problem, plan drain found something that would block, move --wait did not move the meeting, or a port or relay does not work (net check, turn check)"),
    ];

    public static string Of(IReadOnlyList<CommandSpec> table)
    {
        var text = new StringBuilder($"{Purpose}\n\nUsage:\n  kubectl meet COMMAND [OPTIONS]\n\nCommands:\n");
        Columns(text, table.Select(command => ($"{command.Name} {command.Usage}".TrimEnd(), command.Summary)));
        text.Append("\nOptions of all commands:\n");
        Columns(text, GlobalOptions.Cluster.Concat(GlobalOptions.General).Select(option => (Name(option), option.Summary)));
        text.Append("\nExit codes:\n");
        Columns(text, ExitCodes);
        return text.Append("\n'kubectl meet COMMAND --help' describes a command, 'kubectl meet man | man -l -' shows the manual.\n").ToString();
    }

    public static string Of(CommandSpec command)
    {
        var text = new StringBuilder($"{Sentence(command.Summary)}\n\nUsage:\n  {$"kubectl meet {command.Name} {command.Usage}".TrimEnd()} [OPTIONS]\n");
        if (command.Description.Length > 0)
        {
            text.Append($"\n{Wrap(command.Description, 100)}\n");
        }

        if (command.Examples.Count > 0)
        {
            text.Append("\nExamples:\n").AppendJoin('\n', command.Examples.Select(example => $"  {example}")).Append('\n');
        }

        text.Append("\nOptions:\n");
        Columns(text, GlobalOptions.Of(command).Select(option => (Name(option), option.Summary)));
        return text.ToString();
    }

    /// <summary>An option as it is written, with its letter and its value.</summary>
    public static string Name(OptionSpec option) => $"{(option.Letter is { } letter ? $"-{letter}, " : string.Empty)}--{option.Name}{(option.Value is null ? string.Empty : $" {option.Value}")}";

    public static string Sentence(string summary) => $"{char.ToUpperInvariant(summary[0])}{summary[1..]}.";

    private static void Columns(StringBuilder text, IEnumerable<(string Left, string Right)> rows)
    {
        var shown = rows.ToArray();
        var width = shown.Max(row => row.Left.Length);
        foreach (var (left, right) in shown)
        {
            text.Append("  ").Append(left.PadRight(width)).Append("  ").Append(right).Append('\n');
        }
    }

    private static string Wrap(string text, int width)
    {
        var lines = new List<string> { string.Empty };
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length + word.Length >= width)
            {
                lines.Add(word);
            }
            else
            {
                lines[^1] += lines[^1].Length == 0 ? word : $" {word}";
            }
        }

        return string.Join('\n', lines);
    }
}
