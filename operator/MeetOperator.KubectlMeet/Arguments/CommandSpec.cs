namespace MeetOperator.KubectlMeet.Arguments;

/// <summary>Describes one command. Parser, help, man page and completion are all made from it.</summary>
internal sealed record CommandSpec
{
    /// <summary>One word, or two with a space, such as <c>plan drain</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The arguments as in a usage line, for example <c>NODE</c> or <c>[nodes|meetings]</c>.</summary>
    public string Usage { get; init; } = string.Empty;

    /// <summary>What the command does, without a period.</summary>
    public required string Summary { get; init; }

    /// <summary>Whole sentences for help and man page.</summary>
    public string Description { get; init; } = string.Empty;
    public int MinArguments { get; init; }
    public int MaxArguments { get; init; }
    public IReadOnlyList<OptionSpec> Options { get; init; } = [];

    /// <summary>Returns what may stand at the position after <c>given</c>; the shell offers it.</summary>
    public Func<IReadOnlyList<string>, Completion> Complete { get; init; } = static _ => Completion.Nothing;
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>False for commands that read nothing of a cluster and have no use for the options that choose one.</summary>
    public bool UsesCluster { get; init; } = true;
}
