using MeetOperator.Kube.Metadata;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime.Controllers;

internal static partial class ControllerLog
{
    [LoggerMessage(1101, LogLevel.Information, "Controller {Name} reconciles with {Concurrency} workers.")]
    public static partial void Started(this ILogger logger, string name, int concurrency);

    [LoggerMessage(1102, LogLevel.Information, "Controller {Name} has stopped.")]
    public static partial void Stopped(this ILogger logger, string name);

    [LoggerMessage(1103, LogLevel.Error, "Controller {Name}: reconcile of {Key} failed {Failures} times in a row; the next attempt follows in {Delay}.")]
    public static partial void ReconcileFailed(this ILogger logger, Exception error, string name, NamespacedName key, int failures, TimeSpan delay);

    [LoggerMessage(1104, LogLevel.Debug, "Controller {Name}: {Key} changed during the reconcile; the next attempt follows in {Delay}.")]
    public static partial void ReconcileConflict(this ILogger logger, string name, NamespacedName key, TimeSpan delay);

    [LoggerMessage(1105, LogLevel.Warning, "Controller {Name}: running reconciles did not finish within {Timeout} and are cancelled.")]
    public static partial void ShutdownTimedOut(this ILogger logger, string name, TimeSpan timeout);

    [LoggerMessage(1106, LogLevel.Error, "Controller {Name}: reconciles did not finish after cancellation; the controller stops without waiting for them.")]
    public static partial void ReconcilesAbandoned(this ILogger logger, string name);
}
