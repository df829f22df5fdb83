using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MeetOperator.Kube.Client.Config;

/// <summary>A kubeconfig in YAML.</summary>
internal sealed class KubeConfigYaml(YamlNode node) : KubeConfigNode
{
    public override bool IsMapping => node is YamlMappingNode;

    public override IEnumerable<KubeConfigNode>? Items => (node as YamlSequenceNode)?.Children.Select(item => new KubeConfigYaml(item));

    public override string? Scalar => node is YamlScalarNode scalar ? scalar.Value ?? "" : null;

    /// <summary>Parses the content of the file <paramref name="path"/>. Returns null if it contains no document.</summary>
    /// <exception cref="KubeConfigException">The text is not valid YAML.</exception>
    public static KubeConfigNode? Read(string text, string path)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new KubeConfigException($"{path} is not valid YAML at line {e.Start.Line}: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // The YAML parser throws other exceptions for some malformed text.
            throw new KubeConfigException($"{path} is not valid YAML: {e.Message}", e);
        }

        return stream.Documents.Count == 0 ? null : new KubeConfigYaml(stream.Documents[0].RootNode);
    }

    public override KubeConfigNode? Member(string name) => node is YamlMappingNode mapping && mapping.Children.TryGetValue(name, out var value) ? new KubeConfigYaml(value) : null;
}
