using System.Globalization;

namespace MeetOperator.KubectlMeet.Arguments;

/// <summary>A command line that has been checked against its command.</summary>
/// <param name="Command">The command; null if only options were given, such as <c>--help</c>.</param>
/// <param name="Arguments">The arguments of the command, in order.</param>
/// <param name="Options">Values by long name; a flag has the value <c>true</c>.</param>
internal sealed record CommandLine(CommandSpec? Command, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Options)
{
    public bool Has(string option) => Options.ContainsKey(option);

    public string? Value(string option) => Options.GetValueOrDefault(option);

    /// <summary>A value in seconds: a plain number, or a number with the unit s, m or h. Null if the option was not given.</summary>
    /// <exception cref="UsageException">The value is not a duration, or it is out of range.</exception>
    public int? Seconds(string option, int max)
    {
        if (Value(option) is not { } text)
        {
            return null;
        }

        var unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, >= '0' and <= '9' => 1, _ => 0 };
        var digits = text.TrimEnd('s', 'm', 'h');
        return unit > 0 && text.Length - digits.Length <= 1 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max / unit
            ? (int)number * unit
            : throw new UsageException($"--{option} is '{text}'; it must be a time from 0 to {max} seconds, such as 90, 90s, 10m or 1h");
    }
}
