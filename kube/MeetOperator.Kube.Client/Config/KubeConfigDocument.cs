namespace MeetOperator.Kube.Client.Config;

/// <summary>One kubeconfig file, in YAML or JSON.</summary>
internal sealed class KubeConfigDocument
{
    private readonly KubeConfigNode? _root;

    /// <param name="path">Path of the file.</param>
    /// <param name="root">The root mapping; null for an empty file.</param>
    private KubeConfigDocument(string path, KubeConfigNode? root)
    {
        Path = path;
        _root = root;
    }

    public string Path { get; }

    public string? CurrentContext => _root?.Member("current-context")?.Scalar;

    public static KubeConfigDocument Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path} cannot be read: {e.Message}", e);
        }

        // An empty file is valid; "kubectl config" starts from one.
        var root = KubeConfigJson.TryRead(text, out var json) ? json : KubeConfigYaml.Read(text, path);
        return root is null or { IsMapping: true }
            ? new KubeConfigDocument(path, root)
            : throw new KubeConfigException($"{path} is not a kubeconfig: the root must be a mapping with clusters, users, and contexts.");
    }

    /// <summary>The body of the entry named <paramref name="name"/> in <paramref name="list"/>, or null.</summary>
    public KubeConfigEntry? TryFind(string list, string field, string name)
    {
        if (_root?.Member(list) is not { Scalar: null } node)
        {
            return null;
        }

        var items = node.Items ?? throw new KubeConfigException($"{Path}: {list} must be a list.");
        return items.FirstOrDefault(item => item.Member("name")?.Scalar == name) is { } found
            ? new KubeConfigEntry(Path, $"{list}[{name}].{field}", found.Member(field))
            : null;
    }
}
