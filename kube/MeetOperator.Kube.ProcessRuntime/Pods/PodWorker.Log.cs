using MeetOperator.Kube.Metadata;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime.Pods;

internal sealed partial class PodWorker
{
    [LoggerMessage(1511, LogLevel.Warning, "Pod {Pod} was rejected: {Reason}: {Message}")]
    private static partial void LogRejected(ILogger logger, NamespacedName pod, string reason, string message);

    [LoggerMessage(1512, LogLevel.Warning, "Pod {Pod}: the status could not be written; the write is retried")]
    private static partial void LogWriteFailed(ILogger logger, Exception exception, NamespacedName pod);

    [LoggerMessage(1513, LogLevel.Error, "Pod {Pod}: the worker stopped after an unexpected failure")]
    private static partial void LogWorkerFailed(ILogger logger, Exception exception, NamespacedName pod);
}
