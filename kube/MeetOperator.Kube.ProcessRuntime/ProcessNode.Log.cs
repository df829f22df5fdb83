using MeetOperator.Kube.Metadata;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ProcessRuntime;

public sealed partial class ProcessNode
{
    [LoggerMessage(1531, LogLevel.Error, "Pod {Pod} cannot run: all addresses in {Prefix}.0/24 are in use")]
    private static partial void LogNoAddress(ILogger logger, NamespacedName pod, string prefix);

    [LoggerMessage(1532, LogLevel.Warning, "The API server rejected a write of the node")]
    private static partial void LogWriteRejected(ILogger logger, Exception exception);

    [LoggerMessage(1533, LogLevel.Warning, "The folder {Folder} of a deleted Pod could not be removed")]
    private static partial void LogFolderNotDeleted(ILogger logger, Exception exception, string folder);
}
