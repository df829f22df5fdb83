using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Parses JSONSchemaProps into a <see cref="SchemaNode"/>. Malformed patterns are reported with their path and ignored.</summary>
internal sealed class SchemaReader(List<string> problems)
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(200);

    public SchemaNode Read(JsonObject source, string path)
    {
        var properties = new Dictionary<string, SchemaNode>(StringComparer.Ordinal);
        foreach (var (name, value) in source.Object("properties") ?? [])
        {
            if (value is JsonObject property)
            {
                properties[name] = Read(property, $"{path}.properties[{name}]");
            }
        }

        var additional = source["additionalProperties"] is JsonObject map ? Read(map, path + ".additionalProperties") : null;
        var items = source["items"] is JsonObject item ? Read(item, path + ".items") : null;
        var hasDefault = source.ContainsKey("default");
        return new SchemaNode
        {
            Source = source,
            Type = source.Text("type"),
            Description = source.Text("description") ?? string.Empty,
            Properties = properties,
            AdditionalProperties = additional,
            AdditionalPropertiesAllowed = source.Flag("additionalProperties"),
            Items = items,
            Required = Texts(source.Array("required")),
            Default = hasDefault ? source["default"] : null,
            HasDefault = hasDefault,
            HasDefaultsBelow = hasDefault || properties.Values.Any(p => p.HasDefaultsBelow) || additional?.HasDefaultsBelow == true || items?.HasDefaultsBelow == true,
            HasRulesBelow = source.Array("x-kubernetes-validations") is { Count: > 0 } || properties.Values.Any(p => p.HasRulesBelow) || additional?.HasRulesBelow == true || items?.HasRulesBelow == true,
            Nullable = source.Flag("nullable"),
            PreserveUnknownFields = source.Flag("x-kubernetes-preserve-unknown-fields"),
            IntOrString = source.Flag("x-kubernetes-int-or-string"),
            EmbeddedResource = source.Flag("x-kubernetes-embedded-resource"),
            ListType = source.Text("x-kubernetes-list-type") ?? "atomic",
            ListMapKeys = Texts(source.Array("x-kubernetes-list-map-keys")),
            AtomicMap = source.Text("x-kubernetes-map-type") == "atomic",
            Enum = source.Array("enum"),
            Minimum = source["minimum"].AsNumber(),
            Maximum = source["maximum"].AsNumber(),
            ExclusiveMinimum = source.Flag("exclusiveMinimum"),
            ExclusiveMaximum = source.Flag("exclusiveMaximum"),
            MultipleOf = source["multipleOf"].AsNumber(),
            PatternText = source.Text("pattern"),
            Pattern = ReadPattern(source.Text("pattern"), path),
            Format = source.Text("format"),
            MinLength = source.Integer("minLength"),
            MaxLength = source.Integer("maxLength"),
            MinItems = source.Integer("minItems"),
            MaxItems = source.Integer("maxItems"),
            UniqueItems = source.Flag("uniqueItems"),
            MinProperties = source.Integer("minProperties"),
            MaxProperties = source.Integer("maxProperties"),
            AllOf = ReadAll(source, "allOf", path),
            AnyOf = ReadAll(source, "anyOf", path),
            OneOf = ReadAll(source, "oneOf", path),
            Not = source["not"] is JsonObject not ? Read(not, path + ".not") : null,
            PatchMergeKey = source.Text("x-kubernetes-patch-merge-key"),
        };
    }

    private static string[] Texts(JsonArray? array) => array is null ? [] : [.. array.Select(t => t.AsText()).OfType<string>()];

    private List<SchemaNode> ReadAll(JsonObject source, string name, string path) =>
        source.Array(name) is { } array ? [.. array.OfType<JsonObject>().Select((s, i) => Read(s, $"{path}.{name}[{i}]"))] : [];

    private Regex? ReadPattern(string? pattern, string path)
    {
        if (pattern is null)
        {
            return null;
        }

        try
        {
            // Kubernetes patterns match anywhere in the value, as Regex does. After the timeout, ScalarRules tries an engine that never backtracks.
            return new Regex(pattern, RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (ArgumentException e)
        {
            problems.Add($"{path}.pattern: Invalid value: \"{pattern}\": must be a valid regular expression, but isn't: {e.Message}");
            return null;
        }
    }
}
