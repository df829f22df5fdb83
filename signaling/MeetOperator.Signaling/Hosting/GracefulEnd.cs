namespace MeetOperator.Signaling;

/// <summary>
/// How this server ends: it says that it is not ready, serves on while that gets about, and then sends its clients to another instance. The host
/// stops afterwards. Everything together is bounded by <see cref="SignalingOptions.Drain"/> and <see cref="StopWithin"/>.
/// </summary>
public sealed class GracefulEnd(SignalingOptions options, MeetingSessions sessions, TimeProvider time) : IHostedLifecycleService
{
    public static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    private volatile bool isEnding;

    /// <summary>True from the moment at which it is told to end.</summary>
    public bool IsEnding => isEnding;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs before the server stops listening.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        isEnding = true;
        await Task.Delay(options.Drain, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await sessions.EvacuateAsync().ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
