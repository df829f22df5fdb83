using MeetOperator.Kube.Metadata;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime.Containers;

internal sealed partial class ContainerRunner
{
    [LoggerMessage(1501, LogLevel.Information, "Pod {Pod}: container {Container} started as process {ProcessId}")]
    private static partial void LogStarted(ILogger logger, NamespacedName pod, string container, int processId);

    [LoggerMessage(1502, LogLevel.Information, "Pod {Pod}: container {Container} exited with code {ExitCode}")]
    private static partial void LogExited(ILogger logger, NamespacedName pod, string container, int exitCode);

    [LoggerMessage(1503, LogLevel.Warning, "Pod {Pod}: container {Container} failed its {Probe} probe and is stopped")]
    private static partial void LogUnhealthy(ILogger logger, NamespacedName pod, string container, string probe);

    [LoggerMessage(1504, LogLevel.Warning, "Pod {Pod}: container {Container} is waiting: {Reason}: {Message}")]
    private static partial void LogWaiting(ILogger logger, NamespacedName pod, string container, string reason, string message);
}
