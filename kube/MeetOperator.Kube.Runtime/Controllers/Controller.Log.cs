using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime;

internal static partial class ControllerLog
{
    [LoggerMessage(1101, LogLevel.Information, "Controller {Name} reconciles with {Concurrency} workers.")]
    public static partial void Started(this ILogger logger, string name, int concurrency);

    [LoggerMessage(1102, LogLevel.Information, "Controller {Name} has stopped.")]
    public static partial void Stopped(this ILogger logger, string name);

    [LoggerMessage(1103, LogLevel.Error, "Controller {Name}: reconcile of {Key} failed {Failures} times in a row, trying again in {Delay}.")]
    public static partial void ReconcileFailed(this ILogger logger, Exception error, string name, NamespacedName key, int failures, TimeSpan delay);

    [LoggerMessage(1104, LogLevel.Debug, "Controller {Name}: {Key} was changed by somebody else meanwhile, trying again in {Delay}.")]
    public static partial void ReconcileConflict(this ILogger logger, string name, NamespacedName key, TimeSpan delay);

    [LoggerMessage(1105, LogLevel.Warning, "Controller {Name}: running reconciles did not end within {Timeout}, cancelling them.")]
    public static partial void ShutdownTooSlow(this ILogger logger, string name, TimeSpan timeout);

    [LoggerMessage(1106, LogLevel.Error, "Controller {Name}: reconciles did not end after they were cancelled and are left behind.")]
    public static partial void ReconcilesAbandoned(this ILogger logger, string name);
}
