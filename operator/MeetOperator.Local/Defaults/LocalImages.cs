using MeetOperator.Kube.ProcessRuntime;

namespace MeetOperator.Local;

/// <summary>Which program each of our images stands for.</summary>
internal static class LocalImages
{
    public static ImageTable In(string programs) => new ImageTable()
        .Add(LocalNames.OperatorImage, Program(programs, "operator", "MeetOperator.Operator"))
        .Add(LocalNames.SignalingImage, Program(programs, "signaling", "MeetOperator.Signaling", ("MEET_WEB_ROOT", Path.Combine(programs, "web"))))
        .Add(LocalNames.MediaNodeImage, Program(programs, "media-node", "MeetOperator.MediaNode"));

    /// <summary>As <c>infra/docker/base.Dockerfile</c> sets them.</summary>
    private static readonly (string Name, string Value)[] Runtime =
    [
        ("DOTNET_gcServer", "0"),
        ("DOTNET_EnableDiagnostics", "0"), // A process that is killed would leave its diagnostics socket in the machine's temporary folder.
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
