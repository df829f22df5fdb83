using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime;

public sealed partial class ProcessNode
{
    [LoggerMessage(2131, LogLevel.Error, "Pod {Pod} cannot run: all addresses of {Prefix}.0/24 are in use")]
    private static partial void LogNoAddress(ILogger logger, NamespacedName pod, string prefix);

    [LoggerMessage(2132, LogLevel.Warning, "The API server refused a write of the node")]
    private static partial void LogRefused(ILogger logger, Exception exception);

    [LoggerMessage(2133, LogLevel.Warning, "The folder {Folder} of a Pod that went could not be deleted")]
    private static partial void LogFolderLeft(ILogger logger, Exception exception, string folder);
}
