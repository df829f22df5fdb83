using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Definitions;

/// <summary>Validates CustomResourceDefinitions and converts them to resource definitions.</summary>
internal static class CrdReader
{
    /// <summary>Fills in default names, rejects invalid definitions, and marks the CRD as established.</summary>
    public static void Prepare(WriteRequest write, JsonObject crd)
    {
        var spec = crd.Ensure("spec");
        var names = spec.Ensure("names");
        var causes = Check(crd, spec, names);
        if (causes.Count > 0)
        {
            throw StatusErrors.Invalid(write.Resource, write.Name, causes);
        }

        names["singular"] ??= names.Text("kind")!.ToLowerInvariant();
        names["listKind"] ??= names.Text("kind") + "List";
        spec["conversion"] ??= new JsonObject { ["strategy"] = "None" };
        var created = crd.Object("metadata").Text("creationTimestamp");
        crd["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(
                Condition("NamesAccepted", "NoConflicts", "no conflicts found", created),
                Condition("Established", "InitialNamesAccepted", "the initial names have been accepted", created)),
            ["acceptedNames"] = names.DeepClone(),
            ["storedVersions"] = new JsonArray([.. Versions(spec).Where(v => v.Flag("storage")).Select(v => (JsonNode?)v.Text("name"))]),
        };
    }

    /// <summary>One definition per served version.</summary>
    public static List<ResourceDefinition> Read(JsonObject crd)
    {
        var spec = crd.Object("spec")!;
        var names = spec.Object("names")!;
        var versions = Versions(spec).ToList();
        var storage = versions.First(v => v.Flag("storage")).Text("name")!;
        var result = new List<ResourceDefinition>();
        foreach (var version in versions.Where(v => v.Flag("served")))
        {
            var subresources = version.Object("subresources");
            result.Add(new ResourceDefinition
            {
                Group = spec.Text("group")!,
                Version = version.Text("name")!,
                Plural = names.Text("plural")!,
                Kind = names.Text("kind")!,
                Singular = names.Text("singular") ?? names.Text("kind")!.ToLowerInvariant(),
                ListKind = names.Text("listKind") ?? names.Text("kind") + "List",
                ShortNames = Texts(names.Array("shortNames")),
                Categories = Texts(names.Array("categories")),
                Namespaced = spec.Text("scope") == "Namespaced",
                HasStatus = subresources?.ContainsKey("status") == true,
                TracksGeneration = true,
                Scale = ReadScale(subresources.Object("scale")),
                Columns = ReadColumns(version.Array("additionalPrinterColumns")),
                Schema = version.Object("schema").Object("openAPIV3Schema") is { } schema ? new SchemaReader([]).Read(schema, string.Empty) : SchemaNode.Anything,
                IsCustom = true,
                StorageVersion = storage,
                SelectableFields = [.. (version.Array("selectableFields") ?? []).OfType<JsonObject>().Select(f => f.Text("jsonPath")?.TrimStart('.')).OfType<string>()],
            });
        }

        return result;
    }

    private static List<Cause> Check(JsonObject crd, JsonObject spec, JsonObject names)
    {
        var causes = new List<Cause>();
        foreach (var field in (ReadOnlySpan<string>)["plural", "kind"])
        {
            if (string.IsNullOrEmpty(names.Text(field)))
            {
                causes.Add(Cause.Required($"spec.names.{field}"));
            }
        }

        if (string.IsNullOrEmpty(spec.Text("group")))
        {
            causes.Add(Cause.Required("spec.group"));
        }

        if (spec.Text("scope") is not ("Namespaced" or "Cluster"))
        {
            causes.Add(Cause.NotSupported("spec.scope", $"\"{spec.Text("scope")}\"", ["\"Cluster\"", "\"Namespaced\""]));
        }

        var expected = $"{names.Text("plural")}.{spec.Text("group")}";
        if (causes.Count == 0 && crd.Object("metadata").Text("name") is { } name && name != expected)
        {
            causes.Add(Cause.Invalid("metadata.name", $"\"{name}\"", "must be spec.names.plural+\".\"+spec.group"));
        }

        var versions = Versions(spec).ToList();
        if (versions.Count(v => v.Flag("storage")) != 1)
        {
            causes.Add(Cause.Invalid("spec.versions", "[]", "must have exactly one version marked as storage version"));
        }

        for (var i = 0; i < versions.Count; i++)
        {
            CheckVersion(versions[i], $"spec.versions[{i}]", causes);
        }

        return causes;
    }

    private static void CheckVersion(JsonObject version, string path, List<Cause> causes)
    {
        if (string.IsNullOrEmpty(version.Text("name")))
        {
            causes.Add(Cause.Required($"{path}.name"));
        }

        if (version.Object("schema").Object("openAPIV3Schema") is not { } schema)
        {
            causes.Add(Cause.Required($"{path}.schema.openAPIV3Schema", "schemas are required"));
            return;
        }

        var problems = new List<string>();
        var node = new SchemaReader(problems).Read(schema, $"{path}.schema.openAPIV3Schema");
        causes.AddRange(problems.Select(p => new Cause("FieldValueInvalid", string.Empty, p)));
        causes.AddRange(StructuralRules.Check(schema, $"{path}.schema.openAPIV3Schema"));
        if (node.Type != "object")
        {
            causes.Add(Cause.Invalid($"{path}.schema.openAPIV3Schema.type", $"\"{node.Type}\"", "must be object at the root"));
        }
    }

    private static IEnumerable<JsonObject> Versions(JsonObject spec) => (spec.Array("versions") ?? []).OfType<JsonObject>();

    private static JsonObject Condition(string type, string reason, string message, string? since) => new()
    {
        ["lastTransitionTime"] = since,
        ["message"] = message,
        ["reason"] = reason,
        ["status"] = "True",
        ["type"] = type,
    };

    private static ScaleDefinition? ReadScale(JsonObject? scale) => scale is null
        ? null
        : new ScaleDefinition(Path(scale.Text("specReplicasPath"))!, Path(scale.Text("statusReplicasPath"))!, Path(scale.Text("labelSelectorPath")));

    private static string[]? Path(string? path) => path?.Trim('.').Split('.');

    private static List<ColumnDefinition> ReadColumns(JsonArray? columns) =>
        [.. (columns ?? []).OfType<JsonObject>().Select(c => new ColumnDefinition(
            c.Text("name") ?? string.Empty,
            c.Text("type") ?? "string",
            c.Text("jsonPath") ?? string.Empty,
            (int)(c.Integer("priority") ?? 0),
            c.Text("description") ?? string.Empty,
            c.Text("format") ?? string.Empty))];

    private static List<string> Texts(JsonArray? array) => [.. (array ?? []).Select(t => t.AsText()).OfType<string>()];
}
