using System.Diagnostics;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>Continues the trace of an event on the replicas that receive it.</summary>
internal static class BusTracing
{
    private static readonly ActivitySource Source = new("MeetOperator.Signaling.Data");

    /// <summary>Adds the current span to an event, if it is recorded.</summary>
    public static BusEvent WithCurrentSpan(BusEvent busEvent) => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id } ? busEvent with { TraceParent = id } : busEvent;

    /// <summary>Starts the span of a received event. Returns null if the event carries no valid span, or if no listener is registered.</summary>
    public static Activity? Receive(BusEvent busEvent) =>
        busEvent.TraceParent is { } parent && ActivityContext.TryParse(parent, traceState: null, isRemote: true, out var context)
            ? Source.StartActivity($"receive {busEvent.Kind}", ActivityKind.Consumer, context)
            : null;
}
