using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>The columns of the built-in kinds, as the printers of the API server define them.</summary>
internal static class BuiltInColumns
{
    public static IReadOnlyList<TableColumn> Of(string table) => table switch
    {
        "pods" => PodColumns.All,
        "nodes" => NodeColumns.All,
        "events" => EventColumns.All,
        "namespaces" => [TableColumn.NameColumn, Text("Status", "status", "phase"), TableColumn.Age],
        "configmaps" => [TableColumn.NameColumn, new("Data", "string", (o, _) => Count(o, "data") + Count(o, "binaryData")), TableColumn.Age],
        "secrets" => [TableColumn.NameColumn, Text("Type", "type"), new("Data", "string", (o, _) => Count(o, "data")), TableColumn.Age],
        "serviceaccounts" => [TableColumn.NameColumn, new("Secrets", "string", (o, _) => o.Array("secrets")?.Count ?? 0), TableColumn.Age],
        "services" => ServiceColumns,
        "leases.coordination.k8s.io" => [TableColumn.NameColumn, Text("Holder", "spec", "holderIdentity"), TableColumn.Age],
        "customresourcedefinitions.apiextensions.k8s.io" => [TableColumn.NameColumn, TableColumn.CreatedAt],
        "clusterroles.rbac.authorization.k8s.io" or "roles.rbac.authorization.k8s.io" => [TableColumn.NameColumn, TableColumn.CreatedAt],
        "clusterrolebindings.rbac.authorization.k8s.io" or "rolebindings.rbac.authorization.k8s.io" =>
            [TableColumn.NameColumn, new("Role", "string", (o, _) => $"{o.Object("roleRef").Text("kind")}/{o.Object("roleRef").Text("name")}"), TableColumn.Age],
        "poddisruptionbudgets.policy" => DisruptionColumns,
        "priorityclasses.scheduling.k8s.io" =>
            [TableColumn.NameColumn, new("Value", "integer", (o, _) => o["value"]?.DeepClone()), new("Global-Default", "boolean", (o, _) => o.Flag("globalDefault")), TableColumn.Age],
        _ => [TableColumn.NameColumn, TableColumn.Age],
    };

    private static readonly IReadOnlyList<TableColumn> ServiceColumns =
    [
        TableColumn.NameColumn,
        new("Type", "string", (o, _) => o.Object("spec").Text("type") ?? "ClusterIP"),
        new("Cluster-IP", "string", (o, _) => o.Object("spec").Text("clusterIP") ?? "<none>"),
        new("External-IP", "string", (o, _) => o.Object("spec").Array("externalIPs") is { Count: > 0 } ips ? string.Join(',', ips.Select(i => i.AsText())) : "<none>"),
        new("Port(s)", "string", (o, _) => Ports(o.Object("spec").Array("ports"))),
        TableColumn.Age,
        new("Selector", "string", (o, _) => Labels(o.Object("spec").Object("selector")), 1),
    ];

    private static readonly IReadOnlyList<TableColumn> DisruptionColumns =
    [
        TableColumn.NameColumn,
        new("Min Available", "string", (o, _) => Display(o.Object("spec")?["minAvailable"], "N/A")),
        new("Max Unavailable", "string", (o, _) => Display(o.Object("spec")?["maxUnavailable"], "N/A")),
        new("Allowed Disruptions", "integer", (o, _) => o.Object("status").Integer("disruptionsAllowed") ?? 0),
        TableColumn.Age,
    ];

    public static TableColumn Text(string name, params string[] path) => new(name, "string", (o, _) => Find(o, path).AsText() ?? string.Empty);

    public static JsonNode? Find(JsonNode? node, string[] path)
    {
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node;
    }

    public static string Display(JsonNode? value, string missing) => value switch
    {
        null => missing,
        _ => value.AsText() ?? JsonText.ToText(value),
    };

    public static string Labels(JsonObject? labels) =>
        labels is { Count: > 0 } ? string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value.AsText()}")) : "<none>";

    private static int Count(JsonObject root, string field) => root.Object(field)?.Count ?? 0;

    private static string Ports(JsonArray? ports) => ports is { Count: > 0 }
        ? string.Join(',', ports.OfType<JsonObject>().Select(p =>
            (p.Integer("nodePort") is { } node and not 0
                ? string.Create(CultureInfo.InvariantCulture, $"{p.Integer("port")}:{node}")
                : string.Create(CultureInfo.InvariantCulture, $"{p.Integer("port")}")) + "/" + (p.Text("protocol") ?? "TCP")))
        : "<none>";
}
