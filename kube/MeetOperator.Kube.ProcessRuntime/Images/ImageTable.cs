namespace MeetOperator.Kube.ProcessRuntime.Images;

/// <summary>Maps image references to local programs. Tag and digest are ignored, because a host has one version of a program.</summary>
public sealed class ImageTable
{
    private readonly Dictionary<string, ImageProgram> _programs = new(StringComparer.Ordinal);

    public ImageTable Add(string repository, ImageProgram program)
    {
        _programs[RepositoryOf(repository)] = program;
        return this;
    }

    public bool TryFind(string image, out ImageProgram program) => _programs.TryGetValue(RepositoryOf(image), out program!);

    /// <summary>The reference without <c>:tag</c> and <c>@digest</c>. A colon before the last slash belongs to the registry port.</summary>
    internal static string RepositoryOf(string image)
    {
        var name = image.Split('@', 2)[0];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }
}
