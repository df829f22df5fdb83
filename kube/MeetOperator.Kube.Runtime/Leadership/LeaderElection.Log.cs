using MeetOperator.Kube.Metadata;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime.Leadership;

internal static partial class LeaderElectionLog
{
    [LoggerMessage(1201, LogLevel.Information, "{Identity} acquired Lease {Lease} and leads in term {Fence}.")]
    public static partial void Acquired(this ILogger logger, string identity, NamespacedName lease, int fence);

    [LoggerMessage(1202, LogLevel.Warning, "{Identity} lost Lease {Lease} and no longer leads in term {Fence}.")]
    public static partial void LeadershipLost(this ILogger logger, string identity, NamespacedName lease, int fence);

    [LoggerMessage(1203, LogLevel.Information, "Lease {Lease} is held by {Holder}.")]
    public static partial void HeldByOther(this ILogger logger, NamespacedName lease, string? holder);

    [LoggerMessage(1204, LogLevel.Warning, "Lease {Lease} could not be read or written.")]
    public static partial void LeaseFailed(this ILogger logger, Exception error, NamespacedName lease);

    [LoggerMessage(1205, LogLevel.Information, "{Identity} released Lease {Lease}.")]
    public static partial void Released(this ILogger logger, string identity, NamespacedName lease);
}
