namespace MeetOperator.KubectlMeet.Arguments;

/// <summary>Parses command lines against the table of commands. Pure.</summary>
internal static class CommandParser
{
    /// <exception cref="UsageException">A command, option or argument is unknown, missing or superfluous.</exception>
    public static CommandLine Parse(IReadOnlyList<CommandSpec> table, IReadOnlyList<string> words)
    {
        // An option may stand before its command, so all options are known until the command is.
        var all = table.SelectMany(GlobalOptions.Of).ToArray();
        var (positions, given) = Split(words, all);
        if (positions.Count == 0)
        {
            return new CommandLine(null, [], Check(given, null));
        }

        var (command, used) = FindCommand(table, positions);
        var options = Check(given, command);
        var arguments = positions.Skip(used).ToArray();
        if (!options.ContainsKey(GlobalOptions.Help) && (arguments.Length < command.MinArguments || arguments.Length > command.MaxArguments))
        {
            throw new UsageException($"{(arguments.Length < command.MinArguments ? "an argument is missing" : $"'{arguments[command.MaxArguments]}' is one argument too many")}; usage: kubectl meet {command.Name} {command.Usage}".TrimEnd());
        }

        return new CommandLine(command, arguments, options);
    }

    /// <summary>The command that the words begin with, and how many of them name it.</summary>
    public static (CommandSpec Command, int Words) FindCommand(IReadOnlyList<CommandSpec> table, IReadOnlyList<string> words)
    {
        for (var length = Math.Min(2, words.Count); length > 0; length--)
        {
            var name = string.Join(' ', words.Take(length));
            if (table.FirstOrDefault(command => command.Name == name) is { } found)
            {
                return (found, length);
            }
        }

        var group = table.Where(command => command.Name.StartsWith(words[0] + " ", StringComparison.Ordinal)).Select(command => command.Name).ToArray();
        throw new UsageException(group.Length > 0
            ? $"'{words[0]}' needs another word: {string.Join(", ", group)}"
            : $"unknown command '{words[0]}'.{Similar.Suggest(words[0], table.Select(command => command.Name))} 'kubectl meet --help' lists the commands");
    }

    private static (List<string> Positions, List<(OptionSpec Spec, string Value, string Written)> Given) Split(IReadOnlyList<string> words, OptionSpec[] known)
    {
        var positions = new List<string>();
        var given = new List<(OptionSpec, string, string)>();
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (word == "--")
            {
                positions.AddRange(words.Skip(i + 1));
                break;
            }

            if (word.Length < 2 || word[0] != '-')
            {
                positions.Add(word);
                continue;
            }

            var (written, value) = SplitValue(word);
            var spec = known.FirstOrDefault(option => written == $"--{option.Name}" || (option.Letter is { } letter && written == $"-{letter}"))
                ?? throw new UsageException($"unknown option '{written}'.{Similar.Suggest(written, known.Select(option => $"--{option.Name}"))}".TrimEnd('.'));
            if (spec.Value is null)
            {
                given.Add((spec, value is null or "true" ? "true" : throw new UsageException($"{written} takes no value"), written));
            }
            else
            {
                given.Add((spec, value ?? (++i < words.Count ? words[i] : throw new UsageException($"{written} needs a value: {written} {spec.Value}")), written));
            }
        }

        return (positions, given);
    }

    /// <summary>Splits <c>--name=value</c>, <c>-nvalue</c> and <c>-n=value</c>.</summary>
    private static (string Written, string? Value) SplitValue(string word)
    {
        if (word.StartsWith("--", StringComparison.Ordinal))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            return equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
        }

        return word.Length == 2 ? (word, null) : (word[..2], word[2..].TrimStart('='));
    }

    private static Dictionary<string, string> Check(List<(OptionSpec Spec, string Value, string Written)> given, CommandSpec? command)
    {
        var allowed = GlobalOptions.Of(command).Select(option => option.Name).ToHashSet(StringComparer.Ordinal);
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (spec, value, written) in given)
        {
            if (!allowed.Contains(spec.Name))
            {
                throw new UsageException(command is null ? $"{written} needs a command" : $"{command.Name} has no option {written}; 'kubectl meet {command.Name} --help' lists its options");
            }

            // The same option can have other choices in another command.
            var choices = GlobalOptions.Of(command).First(option => option.Name == spec.Name).Choices;
            if (choices.Count > 0 && !choices.Contains(value, StringComparer.Ordinal))
            {
                throw new UsageException($"{written} is '{value}'; it must be one of: {string.Join(", ", choices)}");
            }

            options[spec.Name] = value;
        }

        return options;
    }
}
