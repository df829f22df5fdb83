namespace MeetOperator.Kube.ProcessRuntime.Images;

/// <summary>The local program for an image: the equivalent of its ENTRYPOINT and CMD.</summary>
public sealed record ImageProgram
{
    /// <summary>Replaced by the <c>command</c> of the container, if set.</summary>
    public required IReadOnlyList<string> Entrypoint { get; init; }

    /// <summary>Appended to the entrypoint; replaced by the <c>args</c> of the container, if set.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The ENV of the image. Variables of the container with the same name take precedence.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Working directory of the program; null uses the folder of the container.</summary>
    public string? WorkingDirectory { get; init; }
}
