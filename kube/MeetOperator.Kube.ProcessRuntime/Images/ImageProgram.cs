namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>What an image name stands for on this machine: the program that its ENTRYPOINT and CMD would start.</summary>
public sealed record ImageProgram
{
    /// <summary>Replaced by the container's <c>command</c> when it has one.</summary>
    public required IReadOnlyList<string> Entrypoint { get; init; }

    /// <summary>Appended to the entrypoint; replaced by the container's <c>args</c> when it has some.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The image's own ENV; a container's env of the same name wins.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder in which the program starts; the container's own folder when null.</summary>
    public string? WorkingDirectory { get; init; }
}
