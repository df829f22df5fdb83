using System.Diagnostics;

namespace MeetOperator.Signaling.Tracing;

/// <summary>The spans of signaling besides those of its requests: one for each message of a client and each step of a meeting that it leads to.</summary>
internal static class SignalingTracing
{
    private static readonly ActivitySource Source = new("MeetOperator.Signaling");

    /// <summary>
    /// Starts a trace for a message, with a link to the request that opened the socket. That request lasts as long as the socket, so it is not the parent. The caller
    /// must be an asynchronous method: it changes the current span until that method returns.
    /// </summary>
    public static Activity? StartMessage(string type)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var opening = Activity.Current;
        Activity.Current = null;
        return Source.StartActivity($"message {type}", ActivityKind.Consumer, default(ActivityContext), links: opening is null ? null : [new ActivityLink(opening.Context)]);
    }

    /// <summary>Starts the span of a step that another thread queued in <paramref name="queuedIn"/>. Null if it was queued outside of any span.</summary>
    public static Activity? StartStep(ActivityContext? queuedIn) => queuedIn is { } context ? Source.StartActivity("meeting step", ActivityKind.Internal, context) : null;

    /// <summary>For loops that outlive the request or message that started them. The caller must be an asynchronous method.</summary>
    public static void LeaveCurrent() => Activity.Current = null;
}
