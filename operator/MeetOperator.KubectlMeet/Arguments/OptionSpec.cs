namespace MeetOperator.KubectlMeet.Arguments;

/// <summary>One option of a command.</summary>
/// <param name="Name">The long name without hyphens.</param>
/// <param name="Value">What the value is, in capitals; null for a flag.</param>
/// <param name="Summary">What the option does, without a period.</param>
internal sealed record OptionSpec(string Name, string? Value, string Summary)
{
    /// <summary>The one-letter name; null if there is none.</summary>
    public char? Letter { get; init; }

    /// <summary>The only values that are accepted; empty accepts any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The objects whose names the shell offers as the value.</summary>
    public NameKind Names { get; init; } = NameKind.None;
}
