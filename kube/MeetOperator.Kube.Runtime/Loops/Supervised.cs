using MeetOperator.Kube.Runtime.Metrics;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime.Loops;

/// <summary>Restarts long-running work after a failure.</summary>
public static partial class Supervised
{
    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Runs <paramref name="work"/> until it returns or <paramref name="ct"/> is cancelled. An exception is logged and counted
    /// (<c>meet_kube_loop_failures_total</c>), and the work restarts after a backoff of up to 15 s.
    /// </summary>
    public static async Task RunAsync(string name, Func<CancellationToken, Task> work, TimeProvider time, ILogger logger, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            var started = time.GetTimestamp();
            try
            {
                await work(ct).ConfigureAwait(false);
                return;
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                KubeMetrics.LoopFailed(name);
                failures = time.GetElapsedTime(started) > MaxBackoff ? 1 : failures;
                var delay = Backoff.Delay(failures, MinBackoff, MaxBackoff, Random.Shared);
                LogFailed(logger, e, name, delay);
                await Task.Delay(delay, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1311, LogLevel.Error, "{Loop} failed and restarts in {Delay}.")]
    private static partial void LogFailed(ILogger logger, Exception error, string loop, TimeSpan delay);
}
