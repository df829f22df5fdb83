using System.Diagnostics.Metrics;

namespace MeetOperator.Kube.Runtime.Metrics;

/// <summary>The instruments of the meter <see cref="MeterName"/>; one set per process.</summary>
public static class KubeMetrics
{
    public const string MeterName = "MeetOperator.Kube";

    private static readonly Meter Meter = new(MeterName);

    private static readonly UpDownCounter<long> Depth = Meter.CreateUpDownCounter<long>(
        "meet_kube_queue_depth", description: "Keys that are waiting for a reconcile.");

    private static readonly Histogram<double> Age = Meter.CreateHistogram<double>(
        "meet_kube_queue_age_seconds", "s", "Time that a key waited for a reconcile.");

    private static readonly Histogram<double> Reconcile = Meter.CreateHistogram<double>(
        "meet_kube_reconcile_seconds", "s", "Duration of a reconcile.");

    private static readonly Counter<long> Errors = Meter.CreateCounter<long>(
        "meet_kube_reconcile_errors_total", description: "Failed reconciles by cause: conflict, api, or error.");

    private static readonly Counter<long> WatchRestarts = Meter.CreateCounter<long>(
        "meet_kube_watch_restarts_total", description: "Restarted watches by cause: gone or error.");

    private static readonly Counter<long> UnreadableObjects = Meter.CreateCounter<long>(
        "meet_kube_unreadable_objects_total", description: "Objects that did not match their type and were skipped.");

    private static readonly Counter<long> LoopFailures = Meter.CreateCounter<long>(
        "meet_kube_loop_failures_total", description: "Unexpected loop failures, by loop; the loop restarts after a backoff.");

    /// <summary>Counts an unexpected failure of a loop that continues.</summary>
    public static void LoopFailed(string loop) => LoopFailures.Add(1, Tag("loop", loop));

    internal static void DepthChanged(string queue, int by) => Depth.Add(by, Tag("queue", queue));

    internal static void RecordQueueAge(string queue, TimeSpan age) => Age.Record(age.TotalSeconds, Tag("queue", queue));

    internal static void RecordReconcile(string controller, TimeSpan duration) => Reconcile.Record(duration.TotalSeconds, Tag("controller", controller));

    internal static void ReconcileFailed(string controller, string cause) => Errors.Add(1, Tag("controller", controller), Tag("cause", cause));

    internal static void WatchRestarted(string kind, string cause) => WatchRestarts.Add(1, Tag("kind", kind), Tag("cause", cause));

    internal static void RecordUnreadable(string kind) => UnreadableObjects.Add(1, Tag("kind", kind));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
