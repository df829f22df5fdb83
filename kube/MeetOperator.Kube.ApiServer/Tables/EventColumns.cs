using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>LAST SEEN, TYPE, REASON, OBJECT, MESSAGE, and the columns of <c>-o wide</c>.</summary>
internal static class EventColumns
{
    public static readonly IReadOnlyList<TableColumn> All =
    [
        new("Last Seen", "string", (o, now) => LastSeen(o, now)),
        BuiltInColumns.Text("Type", "type"),
        BuiltInColumns.Text("Reason", "reason"),
        new("Object", "string", (o, _) => $"{o.Object("involvedObject").Text("kind")?.ToLowerInvariant()}/{o.Object("involvedObject").Text("name")}"),
        new("Subobject", "string", (o, _) => o.Object("involvedObject").Text("fieldPath") ?? string.Empty, 1),
        new("Source", "string", (o, _) => Source(o), 1),
        new("Message", "string", (o, _) => o.Text("message")?.Trim() ?? string.Empty),
        new("First Seen", "string", (o, now) => First(o, now), 1),
        new("Count", "string", (o, _) => (o.Object("series").Integer("count") ?? o.Integer("count") ?? 1).ToString(CultureInfo.InvariantCulture), 1),
        TableColumn.NameColumn with { Priority = 1 },
    ];

    private static string First(JsonObject root, DateTimeOffset now) => HumanDuration.Since(root.Text("firstTimestamp") ?? root.Text("eventTime"), now);

    private static string LastSeen(JsonObject root, DateTimeOffset now)
    {
        var last = root.Object("series").Text("lastObservedTime") ?? root.Text("lastTimestamp");
        return last is null ? First(root, now) : HumanDuration.Since(last, now);
    }

    private static string Source(JsonObject root)
    {
        var component = root.Object("source").Text("component") ?? root.Text("reportingComponent") ?? string.Empty;
        var host = root.Object("source").Text("host") ?? root.Text("reportingInstance");
        return string.IsNullOrEmpty(host) ? component : $"{component}, {host}";
    }
}
