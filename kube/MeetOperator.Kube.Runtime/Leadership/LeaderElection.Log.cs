using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime;

internal static partial class LeaderElectionLog
{
    [LoggerMessage(1201, LogLevel.Information, "{Identity} leads by Lease {Lease}, term {Fence}.")]
    public static partial void Acquired(this ILogger logger, string identity, NamespacedName lease, int fence);

    [LoggerMessage(1202, LogLevel.Warning, "{Identity} has lost Lease {Lease}, term {Fence}.")]
    public static partial void LeadershipLost(this ILogger logger, string identity, NamespacedName lease, int fence);

    [LoggerMessage(1203, LogLevel.Information, "Lease {Lease} is held by {Holder}.")]
    public static partial void HeldByOther(this ILogger logger, NamespacedName lease, string? holder);

    [LoggerMessage(1204, LogLevel.Warning, "Lease {Lease} could not be read or written.")]
    public static partial void LeaseFailed(this ILogger logger, Exception error, NamespacedName lease);

    [LoggerMessage(1205, LogLevel.Information, "{Identity} has given Lease {Lease} back.")]
    public static partial void Released(this ILogger logger, string identity, NamespacedName lease);
}
