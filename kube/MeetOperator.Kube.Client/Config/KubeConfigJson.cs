using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Client.Config;

/// <summary>A kubeconfig in JSON. JSON is also YAML, but reading it as JSON spares small processes that start often the YAML parser.</summary>
internal sealed class KubeConfigJson(JsonNode? node) : KubeConfigNode
{
    public override bool IsMapping => node is JsonObject;

    public override IEnumerable<KubeConfigNode>? Items => (node as JsonArray)?.Select(item => new KubeConfigJson(item));

    public override string? Scalar => node switch
    {
        null => "",
        JsonValue value => value.ToString(),
        _ => null,
    };

    /// <summary>Returns false if the text is not a JSON object; it may be YAML.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out KubeConfigNode? root)
    {
        root = null;
        if (!text.AsSpan().TrimStart().StartsWith("{"))
        {
            return false;
        }

        try
        {
            root = new KubeConfigJson(JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public override KubeConfigNode? Member(string name) => node is JsonObject mapping && mapping.TryGetPropertyValue(name, out var value) ? new KubeConfigJson(value) : null;

    public override JsonNode? ToJson() => node?.DeepClone();
}
