namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Everything that is needed to start one process: nothing of the parent's environment is inherited except what is listed.</summary>
internal sealed record ProcessCommand
{
    public required IReadOnlyList<string> Arguments { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required string WorkingDirectory { get; init; }
}
