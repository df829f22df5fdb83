using System.Diagnostics;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Kube.Runtime.Tracing;

/// <summary>The spans of controllers: one for each reconcile, with the calls it makes below it. Costs nothing while no one listens.</summary>
internal static class KubeTracing
{
    private static readonly ActivitySource Source = new("MeetOperator.Kube.Runtime");

    internal static Activity? StartReconcile(string controller, NamespacedName key)
    {
        var span = Source.StartActivity($"reconcile {controller}");
        span?.SetTag("k8s.namespace.name", key.Namespace);
        span?.SetTag("meet.object.name", key.Name);
        return span;
    }
}
