using System.Runtime.InteropServices;
using MeetOperator.MediaNode.Settings;
using Microsoft.Extensions.Hosting;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// Handles SIGTERM: the node accepts no new rooms. It stops when nobody is left on a loop that works, or when <see cref="NodeOptions.ShutdownTimeout"/> has passed.
/// A second signal or SIGINT stops it at once.
/// </summary>
internal sealed class GracefulLifetime(IHostApplicationLifetime application, MediaNodeHost node, TimeProvider clock) : IHostLifetime, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>The number of samples in a row that must find nobody on a loop that works. After the process was suspended, all loops seem to stand still for a moment.</summary>
    private const int UnservedSamples = 20;
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _isShuttingDown;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(s => s.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true; // Main returns and the process exits with code 0
        if (context.Signal == PosixSignal.SIGTERM && Interlocked.Exchange(ref _isShuttingDown, 1) == 0)
        {
            _ = ShutDownAsync();
        }
        else
        {
            application.StopApplication();
        }
    }

    private async Task ShutDownAsync()
    {
        var started = clock.GetTimestamp();
        node.BeginShutdown();
        var unserved = 0;
        while (node.Rooms.ParticipantCount > 0 && unserved < UnservedSamples && clock.GetElapsedTime(started) < node.Options.ShutdownTimeout)
        {
            await Task.Delay(Interval, clock).ConfigureAwait(false);
            unserved = node.Rooms.ServedParticipantCount == 0 ? unserved + 1 : 0;
        }

        application.StopApplication();
    }
}
