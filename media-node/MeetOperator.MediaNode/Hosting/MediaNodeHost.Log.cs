using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Hosting;

internal sealed partial class MediaNodeHost
{
    [LoggerMessage(EventId = 4300, Level = LogLevel.Information, Message = "Media node {Name} is ready: UDP {Ports} on {Addresses}.")]
    private static partial void LogReady(ILogger logger, string name, string ports, string addresses);

    [LoggerMessage(EventId = 4301, Level = LogLevel.Warning, Message = "The warm-up call received no media within 5 s. The first meeting may start slowly.")]
    private static partial void LogSelfCallFailed(ILogger logger);

    [LoggerMessage(EventId = 4304, Level = LogLevel.Warning, Message = "The warm-up call did not get over a link within 3 s. The first link may hold up media for a moment.")]
    private static partial void LogSelfMoveFailed(ILogger logger);

    [LoggerMessage(EventId = 4302, Level = LogLevel.Information, Message = "The node is shutting down and accepts no new rooms. {Participants} participants may stay for up to {Seconds} s.")]
    private static partial void LogShuttingDown(ILogger logger, int participants, double seconds);

    [LoggerMessage(EventId = 4305, Level = LogLevel.Warning, Message = "The TCP port {Port} cannot be opened ({Problem}). Clients whose network lets no UDP through cannot connect.")]
    private static partial void LogNoTcp(ILogger logger, int port, string problem);

    [LoggerMessage(EventId = 4303, Level = LogLevel.Warning, Message = "IPv6 is disabled here, so clients do not get the addresses {Addresses}.")]
    private static partial void LogUnservedAddresses(ILogger logger, string addresses);
}
