using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MeetOperator.Kube.Client;

/// <summary>One kubeconfig file as YAML.</summary>
internal sealed class KubeConfigDocument
{
    private readonly YamlMappingNode _root;

    private KubeConfigDocument(string path, YamlMappingNode root)
    {
        Path = path;
        _root = root;
    }

    public string Path { get; }

    public string? CurrentContext => _root.Children.TryGetValue("current-context", out var node) ? (node as YamlScalarNode)?.Value : null;

    public static KubeConfigDocument Read(string path)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = File.OpenText(path);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            throw new KubeConfigException($"{path} is no valid YAML at line {e.Start.Line}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path} cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // The YAML reader has errors of its own on some malformed text.
            throw new KubeConfigException($"{path} is no valid YAML: {e.Message}", e);
        }

        // An empty file is what "kubectl config" starts from: nothing in it, nothing wrong with it.
        return stream.Documents.Count == 0
            ? new KubeConfigDocument(path, [])
            : new KubeConfigDocument(path, stream.Documents[0].RootNode as YamlMappingNode
                ?? throw new KubeConfigException($"{path} is no kubeconfig: its root must be a mapping with clusters, users and contexts."));
    }

    /// <summary>The body of the entry called <paramref name="name"/> in <paramref name="list"/>, or null.</summary>
    public KubeConfigEntry? TryFind(string list, string field, string name)
    {
        if (!_root.Children.TryGetValue(list, out var node) || node is YamlScalarNode)
        {
            return null;
        }

        var items = node as YamlSequenceNode ?? throw new KubeConfigException($"{Path}: {list} must be a list.");
        foreach (var item in items.Children.OfType<YamlMappingNode>())
        {
            if (item.Children.TryGetValue("name", out var itemName) && (itemName as YamlScalarNode)?.Value == name)
            {
                var body = item.Children.TryGetValue(field, out var found) ? found as YamlMappingNode : null;
                return new KubeConfigEntry(Path, $"{list}[{name}].{field}", body ?? []);
            }
        }

        return null;
    }
}
