using System.Diagnostics;
using System.Threading.Channels;
using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Loops;

/// <summary>Runs posted actions one at a time, so that the state they use needs no lock. Posting is thread-safe.</summary>
internal sealed class SessionLoop : IAsyncDisposable
{
    private readonly Channel<(Func<Task> Action, ActivityContext? QueuedIn)> _work = Channel.CreateUnbounded<(Func<Task> Action, ActivityContext? QueuedIn)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Action<Exception> _onFailure;
    private readonly Task _running;

    public SessionLoop(Action<Exception> onFailure)
    {
        _onFailure = onFailure;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Queues an action. Returns false if the loop has ended.</summary>
    public bool Post(Func<Task> action) => _work.Writer.TryWrite((action, Activity.Current?.Context));

    public bool Post(Action action) => Post(() =>
    {
        action();
        return Task.CompletedTask;
    });

    /// <summary>Queues a function and returns its result or exception. Must not be awaited on the loop itself.</summary>
    public async Task<T> InvokeAsync<T>(Func<Task<T>> function)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = Post(async () =>
        {
            try
            {
                result.SetResult(await function().ConfigureAwait(false));
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        });
        return posted ? await result.Task.ConfigureAwait(false) : throw new ObjectDisposedException(nameof(SessionLoop));
    }

    /// <summary>Completes after all actions that were already posted.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        SignalingTracing.LeaveCurrent();
        await foreach (var (action, queuedIn) in _work.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            using var step = SignalingTracing.StartStep(queuedIn);
            try
            {
                await action().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // A failed action must not end the meeting.
                step?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
                _onFailure(e);
            }
        }
    }
}
