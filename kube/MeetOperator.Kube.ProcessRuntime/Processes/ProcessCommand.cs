namespace MeetOperator.Kube.ProcessRuntime.Processes;

/// <summary>A command with its environment and working directory. The process inherits no variables besides <see cref="Environment"/>.</summary>
internal sealed record ProcessCommand
{
    public required IReadOnlyList<string> Arguments { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required string WorkingDirectory { get; init; }
}
