using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Client;

/// <summary>A kubeconfig in JSON, which is YAML too, but takes no YAML parser: programs that start often, and stay small, are given this.</summary>
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

    /// <summary>False when the text is no JSON object; it may be YAML then.</summary>
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
}
