using System.Text.Json.Nodes;
using MeetOperator.Local.Defaults;

namespace MeetOperator.Local.Exporting;

/// <summary>Selects the objects of an installation to export, and their order and shape. Pure.</summary>
internal static class ExportRules
{
    /// <summary>Kinds that the target cluster, the chart or the operator creates itself.</summary>
    private static readonly HashSet<string> ExcludedKinds =
    [
        "CustomResourceDefinition", "Event", "Lease", "Node", "Pod", "SfuNode", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    ];

    private static readonly HashSet<string> ForeignNamespaces = ["default", "kube-system", LocalNames.SystemNamespace];

    /// <summary>Namespaces before their content, tenants before their pools, pools before meetings.</summary>
    private static readonly string[] Order = ["Namespace", "Secret", "ConfigMap", "Tenant", "SfuPool", "Meeting"];

    /// <summary>The objects to export, ready to apply: without status and without fields that only the source server sets.</summary>
    public static IReadOnlyList<JsonObject> Select(IEnumerable<JsonObject> objects) =>
    [
        .. objects.Where(IsExported).OrderBy(Rank).ThenBy(Kind, StringComparer.Ordinal).ThenBy(o => Metadata(o, "namespace"), StringComparer.Ordinal)
            .ThenBy(o => Metadata(o, "name"), StringComparer.Ordinal).Select(Applicable),
    ];

    private static bool IsExported(JsonObject item) =>
        !ExcludedKinds.Contains(Kind(item))
        && !ForeignNamespaces.Contains(Metadata(item, "namespace") ?? (Kind(item) == "Namespace" ? Metadata(item, "name")! : string.Empty))
        && item["metadata"]!["deletionTimestamp"] is null
        && item["metadata"]!["ownerReferences"] is not JsonArray { Count: > 0 }
        && (string?)item["type"] != "kubernetes.io/service-account-token"
        && !(Kind(item) == "Meeting" && (string?)item["status"]?["phase"] == "Ended"); // Applying it would reopen the meeting.

    private static JsonObject Applicable(JsonObject item)
    {
        var metadata = new JsonObject();
        foreach (var name in (string[])["name", "namespace", "labels", "annotations"])
        {
            if (item["metadata"]![name] is { } value)
            {
                metadata[name] = value.DeepClone();
            }
        }

        (metadata["annotations"] as JsonObject)?.Remove("kubectl.kubernetes.io/last-applied-configuration");
        if (metadata["annotations"] is JsonObject { Count: 0 })
        {
            metadata.Remove("annotations");
        }

        var result = (JsonObject)item.DeepClone();
        result["metadata"] = metadata;
        result.Remove("status");
        if (Kind(item) == "Namespace")
        {
            result.Remove("spec"); // The spec contains only the server's finalizer.
        }

        return result;
    }

    private static int Rank(JsonObject item) => Array.IndexOf(Order, Kind(item)) is >= 0 and var rank ? rank : Order.Length;

    private static string Kind(JsonObject item) => (string)item["kind"]!;

    private static string? Metadata(JsonObject item, string name) => (string?)item["metadata"]![name];
}
