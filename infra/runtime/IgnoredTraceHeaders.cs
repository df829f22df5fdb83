using System.Diagnostics;

namespace MeetOperator;

/// <summary>
/// Ignores the trace headers of incoming requests: with them, anyone could have their requests recorded, or add spans to traces of others (W3C Trace Context, "Security Considerations").
/// Calls to other processes carry the headers as usual.
/// </summary>
internal sealed class IgnoredTraceHeaders : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => [];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        // Used for incoming requests only.
    }

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) => (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
