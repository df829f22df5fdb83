using MeetOperator.Kube.Metadata;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime.Informers;

internal static partial class InformerLog
{
    [LoggerMessage(1001, LogLevel.Information, "Informer {Kind}: {Count} objects listed at version {ResourceVersion}.")]
    public static partial void Listed(this ILogger logger, string kind, int count, string? resourceVersion);

    [LoggerMessage(1002, LogLevel.Information, "Informer {Kind}: version {ResourceVersion} has expired; listing again.")]
    public static partial void VersionExpired(this ILogger logger, string kind, string? resourceVersion);

    [LoggerMessage(1003, LogLevel.Warning, "Informer {Kind}: list or watch failed {Failures} times in a row; the next attempt follows in {Delay}.")]
    public static partial void ListWatchFailed(this ILogger logger, Exception error, string kind, int failures, TimeSpan delay);

    [LoggerMessage(1004, LogLevel.Error, "Informer {Kind}: a subscriber failed to handle {Change} of {Key}.")]
    public static partial void SubscriberFailed(this ILogger logger, Exception error, string kind, InformerChangeType change, NamespacedName key);

    [LoggerMessage(1005, LogLevel.Error, "Informer {Kind}: {Key} does not match its type and is skipped. A newer version of this program may have written it.")]
    public static partial void ObjectUnreadable(this ILogger logger, Exception error, string kind, NamespacedName key);
}
