using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>NAME, STATUS, ROLES, AGE, VERSION, and the columns of <c>-o wide</c>.</summary>
internal static class NodeColumns
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static readonly IReadOnlyList<TableColumn> All =
    [
        TableColumn.NameColumn,
        new("Status", "string", (o, _) => Status(o)),
        new("Roles", "string", (o, _) => Roles(o)),
        TableColumn.Age,
        new("Version", "string", (o, _) => Info(o, "kubeletVersion")),
        new("Internal-IP", "string", (o, _) => Address(o, "InternalIP"), 1),
        new("External-IP", "string", (o, _) => Address(o, "ExternalIP"), 1),
        new("OS-Image", "string", (o, _) => Info(o, "osImage"), 1),
        new("Kernel-Version", "string", (o, _) => Info(o, "kernelVersion"), 1),
        new("Container-Runtime", "string", (o, _) => Info(o, "containerRuntimeVersion"), 1),
    ];

    private static string Status(JsonObject node)
    {
        var ready = (node.Object("status").Array("conditions") ?? []).OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == "Ready");
        var text = ready is null ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady";
        return node.Object("spec").Flag("unschedulable") ? text + ",SchedulingDisabled" : text;
    }

    private static string Roles(JsonObject node)
    {
        var roles = (node.Object("metadata").Object("labels") ?? []).Select(l => l.Key)
            .Where(k => k.StartsWith(RolePrefix, StringComparison.Ordinal)).Select(k => k[RolePrefix.Length..]).Order(StringComparer.Ordinal).ToArray();
        return roles.Length == 0 ? "<none>" : string.Join(',', roles);
    }

    private static string Address(JsonObject node, string type) =>
        (node.Object("status").Array("addresses") ?? []).OfType<JsonObject>().FirstOrDefault(a => a.Text("type") == type).Text("address") ?? "<none>";

    private static string Info(JsonObject node, string field) => node.Object("status").Object("nodeInfo").Text(field) is { Length: > 0 } text ? text : "<unknown>";
}
