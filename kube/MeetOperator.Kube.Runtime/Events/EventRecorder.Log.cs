using MeetOperator.Kube.Metadata;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime.Events;

internal static partial class EventRecorderLog
{
    [LoggerMessage(1301, LogLevel.Warning, "Event {Reason} for {Kind} {Target} could not be written.")]
    public static partial void EventFailed(this ILogger logger, Exception error, string reason, string? kind, NamespacedName target);
}
