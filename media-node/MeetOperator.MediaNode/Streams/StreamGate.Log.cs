using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Streams;

internal sealed partial class StreamGate
{
    [LoggerMessage(EventId = 4306, Level = LogLevel.Error, Message = "An unexpected error at the TCP port for media ended at most one connection.")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
