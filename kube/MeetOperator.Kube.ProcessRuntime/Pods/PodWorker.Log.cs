using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime;

internal sealed partial class PodWorker
{
    [LoggerMessage(2111, LogLevel.Warning, "Pod {Pod} is refused: {Reason}: {Message}")]
    private static partial void LogRefused(ILogger logger, NamespacedName pod, string reason, string message);

    [LoggerMessage(2112, LogLevel.Warning, "Pod {Pod}: its status could not be written; trying again")]
    private static partial void LogWriteFailed(ILogger logger, Exception exception, NamespacedName pod);

    [LoggerMessage(2113, LogLevel.Error, "Pod {Pod}: its worker stopped")]
    private static partial void LogBroken(ILogger logger, Exception exception, NamespacedName pod);
}
