using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Hosting;

/// <summary>
/// Graceful shutdown: the server becomes unready, keeps serving for <see cref="SignalingOptions.Drain"/> so that load balancers stop routing to it, and then
/// closes its sockets so that clients reconnect to another replica. The host stops afterwards, within <see cref="StopTimeout"/>.
/// </summary>
internal sealed class GracefulShutdown(SignalingOptions options, MeetingSessions sessions, TimeProvider time) : IHostedLifecycleService
{
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private volatile bool _isShuttingDown;

    /// <summary>True as soon as the shutdown starts.</summary>
    public bool IsShuttingDown => _isShuttingDown;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs before the server stops listening.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isShuttingDown = true;
        await Task.Delay(options.Drain, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await sessions.EvacuateAsync().ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after the last request, while database and bus are still available.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken) =>
        await sessions.CompleteDeparturesAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
