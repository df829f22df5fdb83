using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>A CEL rule of a CRD: the field that its error names (with <c>[*]</c> for items) and its message.</summary>
internal sealed record CelRule(string Kind, string Field, string Message, bool IsTransition)
{
    /// <summary>All rules of all versions of a CRD.</summary>
    public static IEnumerable<CelRule> Of(JsonObject crd) =>
        ((JsonArray)crd["spec"]!["versions"]!).SelectMany(version => Walk(crd.TextAt("spec.names.kind")!, version.At("schema.openAPIV3Schema"), string.Empty));

    /// <summary>The path of a field with <c>[*]</c> in place of indices.</summary>
    public static string WithoutIndices(string field) => System.Text.RegularExpressions.Regex.Replace(field, @"\[\d+\]", "[*]");

    private static IEnumerable<CelRule> Walk(string kind, JsonNode? schema, string path)
    {
        foreach (var rule in schema.At("x-kubernetes-validations") as JsonArray ?? [])
        {
            yield return new(kind, path + rule.TextAt("fieldPath"), rule.TextAt("message")!, rule.TextAt("rule")!.Contains("oldSelf", StringComparison.Ordinal));
        }

        var inner = (schema.At("properties") as JsonObject ?? []).SelectMany(p => Walk(kind, p.Value, path.Length == 0 ? p.Key : $"{path}.{p.Key}"))
            .Concat(schema.At("items") is { } items ? Walk(kind, items, path + "[*]") : [])
            .Concat(schema.At("additionalProperties") is JsonObject values ? Walk(kind, values, path + "[*]") : []);
        foreach (var rule in inner)
        {
            yield return rule;
        }
    }
}
