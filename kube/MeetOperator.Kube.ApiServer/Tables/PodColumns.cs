using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>NAME, READY, STATUS, RESTARTS, AGE, and with <c>-o wide</c> IP, NODE, NOMINATED NODE, READINESS GATES.</summary>
internal static class PodColumns
{
    public static readonly IReadOnlyList<TableColumn> All =
    [
        TableColumn.NameColumn,
        new("Ready", "string", (o, _) => Ready(o)),
        new("Status", "string", (o, _) => Status(o)),
        new("Restarts", "string", (o, now) => Restarts(o, now)),
        TableColumn.Age,
        new("IP", "string", (o, _) => o.Object("status").Text("podIP") ?? "<none>", 1),
        new("Node", "string", (o, _) => o.Object("spec").Text("nodeName") ?? "<none>", 1),
        new("Nominated Node", "string", (o, _) => o.Object("status").Text("nominatedNodeName") ?? "<none>", 1),
        new("Readiness Gates", "string", (_, _) => "<none>", 1),
    ];

    private static IEnumerable<JsonObject> Containers(JsonObject pod) => (pod.Object("status").Array("containerStatuses") ?? []).OfType<JsonObject>();

    private static string Ready(JsonObject pod)
    {
        var ready = Containers(pod).Count(c => c.Flag("ready") && c.Object("state").Object("running") is not null);
        return string.Create(CultureInfo.InvariantCulture, $"{ready}/{pod.Object("spec").Array("containers")?.Count ?? 0}");
    }

    private static string Restarts(JsonObject pod, DateTimeOffset now)
    {
        var count = Containers(pod).Sum(c => c.Integer("restartCount") ?? 0);
        var text = count.ToString(CultureInfo.InvariantCulture);
        var last = Containers(pod).Select(c => Timestamps.Parse(c.Object("lastState").Object("terminated").Text("finishedAt"))).Max();
        return count > 0 && last is { } time ? $"{text} ({HumanDuration.Format(now - time)} ago)" : text;
    }

    private static string Status(JsonObject pod)
    {
        var status = pod.Object("status");
        var reason = status.Text("reason") ?? status.Text("phase") ?? "Unknown";
        var running = false;
        foreach (var container in Containers(pod).Reverse())
        {
            var state = container.Object("state");
            if (state.Object("waiting").Text("reason") is { Length: > 0 } waiting)
            {
                reason = waiting;
            }
            else if (state.Object("terminated") is { } terminated)
            {
                reason = terminated.Text("reason") is { Length: > 0 } terminatedReason ? terminatedReason
                    : terminated.Integer("signal") is { } signal and not 0
                        ? string.Create(CultureInfo.InvariantCulture, $"Signal:{signal}")
                        : string.Create(CultureInfo.InvariantCulture, $"ExitCode:{terminated.Integer("exitCode") ?? 0}");
            }
            else if (state.Object("running") is not null && container.Flag("ready"))
            {
                running = true;
            }
        }

        if (reason == "Completed" && running)
        {
            reason = IsReady(status) ? "Running" : "NotReady";
        }

        if (pod.Object("metadata").Text("deletionTimestamp") is not null)
        {
            return status.Text("reason") == "NodeLost" ? "Unknown" : status.Text("phase") is "Succeeded" or "Failed" ? reason : "Terminating";
        }

        return reason;
    }

    private static bool IsReady(JsonObject? status) =>
        (status.Array("conditions") ?? []).OfType<JsonObject>().Any(c => c.Text("type") == "Ready" && c.Text("status") == "True");
}
