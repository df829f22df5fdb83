using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>
/// What SIGTERM means to a media node: no new rooms from now on, and those that are here go on until everybody has left or the time is over.
/// A second signal, and SIGINT, end it at once.
/// </summary>
internal sealed class GracefulLifetime(IHostApplicationLifetime application, MediaNodeHost node, TimeProvider clock) : IHostLifetime, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _isLeaving;

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
        context.Cancel = true; // the process ends by returning from Main, with code 0
        if (context.Signal == PosixSignal.SIGTERM && Interlocked.Exchange(ref _isLeaving, 1) == 0)
        {
            _ = LeaveAsync();
        }
        else
        {
            application.StopApplication();
        }
    }

    private async Task LeaveAsync()
    {
        var started = clock.GetTimestamp();
        node.Leave();
        while (node.Rooms.ParticipantCount > 0 && clock.GetElapsedTime(started) < node.Options.ShutdownTimeout)
        {
            await Task.Delay(Interval, clock).ConfigureAwait(false);
        }

        application.StopApplication();
    }
}
