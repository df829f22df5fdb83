using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Rules for ObjectMeta: types, server-owned fields, and immutable fields.</summary>
internal static class MetadataRules
{
    private const int AnnotationBytesLimit = 256 * 1024;

    private static readonly string[] ServerOwned = ["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"];

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields", "selfLink",
    };

    /// <summary>Removes unknown fields and nulls, checks types, and returns the field errors.</summary>
    public static List<Cause> Normalize(JsonObject metadata, List<string>? unknown)
    {
        var causes = new List<Cause>();
        foreach (var (name, value) in metadata.ToArray())
        {
            if (value is null || !Known.Contains(name))
            {
                if (value is not null)
                {
                    unknown?.Add($"metadata.{name}");
                }

                metadata.Remove(name);
            }
        }

        CheckType(metadata, "generateName", "metadata.generateName", JsonValueKind.String);
        CheckTextMap(metadata, "labels", causes, isLabel: true);
        CheckTextMap(metadata, "annotations", causes, isLabel: false);
        CheckFinalizers(metadata, causes);
        CheckOwners(metadata, causes);
        return causes;
    }

    /// <summary>Copies the server-owned fields from the stored object to the new one.</summary>
    public static void KeepServerOwned(JsonObject metadata, JsonObject stored)
    {
        foreach (var name in ServerOwned)
        {
            if (stored.TryGetPropertyValue(name, out var value) && value is not null)
            {
                metadata[name] = value.DeepClone();
            }
            else
            {
                metadata.Remove(name);
            }
        }

        foreach (var name in (ReadOnlySpan<string>)["name", "namespace", "generateName"])
        {
            if (stored.Text(name) is { } value)
            {
                metadata[name] = value;
            }
        }
    }

    /// <summary>Field errors for changed immutable fields. An absent field keeps its stored value.</summary>
    public static List<Cause> CheckImmutable(WriteRequest write, JsonObject metadata, JsonObject stored)
    {
        var causes = new List<Cause>();
        if (write.Subresource.Length == 0)
        {
            foreach (var name in (ReadOnlySpan<string>)["uid", "deletionTimestamp"])
            {
                if (metadata.Text(name) is { Length: > 0 } wanted && wanted != stored.Text(name))
                {
                    causes.Add(Cause.Immutable($"metadata.{name}", $"\"{wanted}\""));
                }
            }
        }

        return causes;
    }

    public static List<Cause> CheckUpdate(JsonObject metadata, JsonObject stored)
    {
        var causes = new List<Cause>();
        if (stored.ContainsKey("deletionTimestamp") && metadata.Array("finalizers") is { } finalizers)
        {
            var before = stored.Array("finalizers")?.Select(f => f.AsText()).ToHashSet() ?? [];
            var added = finalizers.Select(f => f.AsText()).Where(f => !before.Contains(f)).ToArray();
            if (added.Length > 0)
            {
                causes.Add(Cause.Forbidden("metadata.finalizers", $"no new finalizers can be added if the object is being deleted, found new finalizers [\"{string.Join("\", \"", added)}\"]"));
            }
        }

        return causes;
    }

    /// <summary>Rejects a present value of another kind, because typed clients could not read the object.</summary>
    private static void CheckType(JsonObject parent, string name, string path, params ReadOnlySpan<JsonValueKind> allowed)
    {
        if (parent.TryGetPropertyValue(name, out var value) && !allowed.Contains(value.Kind()))
        {
            throw StatusErrors.BadRequest($"json: cannot unmarshal {path}: {value.Kind().ToString().ToLowerInvariant()} has the wrong type");
        }
    }

    private static void CheckTextMap(JsonObject metadata, string field, List<Cause> causes, bool isLabel)
    {
        if (!metadata.TryGetPropertyValue(field, out var node))
        {
            return;
        }

        if (node is not JsonObject map)
        {
            throw StatusErrors.BadRequest($"json: cannot unmarshal {node.Kind().ToString().ToLowerInvariant()} into Go struct field ObjectMeta.metadata.{field} of type map[string]string");
        }

        long bytes = 0;
        foreach (var (key, value) in map)
        {
            if (value.AsText() is not { } text)
            {
                throw StatusErrors.BadRequest($"json: cannot unmarshal {value.Kind().ToString().ToLowerInvariant()} into Go struct field ObjectMeta.metadata.{field} of type string");
            }

            bytes += key.Length + text.Length;
            if (!NameRules.IsQualifiedName(isLabel ? key : key.ToLowerInvariant()))
            {
                causes.Add(Cause.Invalid($"metadata.{field}", $"\"{key}\"", "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"));
            }

            if (isLabel && !NameRules.IsLabelValue(text))
            {
                causes.Add(Cause.Invalid("metadata.labels", $"\"{text}\"", text.Length > 63
                    ? "must be no more than 63 characters"
                    : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"));
            }
        }

        if (!isLabel && bytes > AnnotationBytesLimit)
        {
            causes.Add(new Cause("FieldValueTooLong", "metadata.annotations", $"Too long: may not be more than {AnnotationBytesLimit} bytes"));
        }

        if (map.Count == 0)
        {
            metadata.Remove(field);
        }
    }

    private static void CheckFinalizers(JsonObject metadata, List<Cause> causes)
    {
        if (!metadata.TryGetPropertyValue("finalizers", out var node))
        {
            return;
        }

        if (node is not JsonArray list || list.Any(f => f.AsText() is null))
        {
            throw StatusErrors.BadRequest("json: cannot unmarshal metadata.finalizers: must be a list of strings");
        }

        if (list.Count == 0)
        {
            metadata.Remove("finalizers");
            return;
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (!NameRules.IsQualifiedName(list[i].AsText()!))
            {
                causes.Add(Cause.Invalid($"metadata.finalizers[{i}]", $"\"{list[i].AsText()}\"", "name is neither a standard finalizer name nor is it fully qualified"));
            }
        }
    }

    private static void CheckOwners(JsonObject metadata, List<Cause> causes)
    {
        if (!metadata.TryGetPropertyValue("ownerReferences", out var node))
        {
            return;
        }

        if (node is not JsonArray list || list.Any(o => o is not JsonObject))
        {
            throw StatusErrors.BadRequest("json: cannot unmarshal metadata.ownerReferences: must be a list of objects");
        }

        if (list.Count == 0)
        {
            metadata.Remove("ownerReferences");
            return;
        }

        var controllers = 0;
        for (var i = 0; i < list.Count; i++)
        {
            var owner = (JsonObject)list[i]!;
            foreach (var field in (ReadOnlySpan<string>)["apiVersion", "kind", "name", "uid"])
            {
                if (string.IsNullOrEmpty(owner.Text(field)))
                {
                    causes.Add(Cause.Invalid($"metadata.ownerReferences[{i}].{field}", "\"\"", $"{field} must not be empty"));
                }
            }

            foreach (var field in (ReadOnlySpan<string>)["controller", "blockOwnerDeletion"])
            {
                CheckType(owner, field, $"metadata.ownerReferences[{i}].{field}", JsonValueKind.True, JsonValueKind.False, JsonValueKind.Null);
            }

            controllers += owner.Flag("controller") ? 1 : 0;
        }

        if (controllers > 1)
        {
            causes.Add(Cause.Invalid("metadata.ownerReferences", JsonText.ToText(list), "Only one reference can have Controller set to true"));
        }
    }
}
