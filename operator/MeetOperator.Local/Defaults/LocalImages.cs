using MeetOperator.Kube.ProcessRuntime.Images;

namespace MeetOperator.Local.Defaults;

/// <summary>Maps each image to the program that it runs.</summary>
internal static class LocalImages
{
    /// <param name="programs">Folder with the programs.</param>
    /// <param name="turnServer">Path of coturn's turnserver; null if it is not installed.</param>
    public static ImageTable In(string programs, string? turnServer) => new ImageTable()
        .Add(LocalNames.OperatorImage, Program(programs, "operator", "MeetOperator.Operator"))
        .Add(LocalNames.SignalingImage, Program(programs, "signaling", "MeetOperator.Signaling", ("MEET_WEB_ROOT", Path.Combine(programs, "web"))))
        .Add(LocalNames.MediaNodeImage, Program(programs, "media-node", "MeetOperator.MediaNode"))
        .Add(LocalNames.TurnImage, Program(programs, "turn", "MeetOperator.Turn", ("MEET_TURN_SERVER", turnServer ?? "turnserver")));

    /// <summary>The same settings as in <c>infra/docker/base.Dockerfile</c>.</summary>
    private static readonly (string Name, string Value)[] Runtime =
    [
        ("DOTNET_gcServer", "0"),
        ("DOTNET_EnableDiagnostics", "0"), // A killed process would leave its diagnostics socket in the temporary directory.
        ("MALLOC_ARENA_MAX", "2"),
        ("MALLOC_MMAP_THRESHOLD_", "65536"),
    ];

    private static ImageProgram Program(string programs, string folder, string name, params (string Name, string Value)[] environment) => new()
    {
        Entrypoint = [Path.Combine(programs, folder, name)],
        WorkingDirectory = Path.Combine(programs, folder),
        Environment = environment.Concat(Runtime).ToDictionary(e => e.Name, e => e.Value),
    };
}
