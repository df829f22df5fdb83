using System.Globalization;
using System.Text.Json.Nodes;
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

    public override JsonNode? ToJson() => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(entry => KeyValuePair.Create(((YamlScalarNode)entry.Key).Value ?? string.Empty, new KubeConfigYaml(entry.Value).ToJson()))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(item => new KubeConfigYaml(item).ToJson())]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => ToJson(plain.Value),
        _ => (node as YamlScalarNode)?.Value,
    };

    /// <summary>A scalar without quotation marks is null, a truth value or a number if it reads like one.</summary>
    private static JsonNode? ToJson(string? plain) => plain switch
    {
        null or "" or "~" or "null" => null,
        "true" => true,
        "false" => false,
        _ when long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        _ when double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => plain,
    };
}
