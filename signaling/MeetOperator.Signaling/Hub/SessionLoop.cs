using System.Threading.Channels;

namespace MeetOperator.Signaling;

/// <summary>Runs what is posted one after the other, so that what it touches needs no lock.</summary>
public sealed class SessionLoop : IAsyncDisposable
{
    private readonly Channel<Func<Task>> work = Channel.CreateUnbounded<Func<Task>>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Action<Exception> onFailure;
    private readonly Task running;

    public SessionLoop(Action<Exception> onFailure)
    {
        this.onFailure = onFailure;
        running = Task.Run(RunAsync);
    }

    /// <summary>False when the loop has ended.</summary>
    public bool Post(Func<Task> action) => work.Writer.TryWrite(action);

    public bool Post(Action action) => Post(() =>
    {
        action();
        return Task.CompletedTask;
    });

    /// <summary>Runs it in turn and hands back its result or exception.</summary>
    public async Task<T> AskAsync<T>(Func<Task<T>> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = Post(async () =>
        {
            try
            {
                answer.SetResult(await question().ConfigureAwait(false));
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        });
        return posted ? await answer.Task.ConfigureAwait(false) : throw new ObjectDisposedException(nameof(SessionLoop));
    }

    /// <summary>Ends after everything that was posted before.</summary>
    public async ValueTask DisposeAsync()
    {
        work.Writer.TryComplete();
        await running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        await foreach (var action in work.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await action().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // One failed step must not end everybody's meeting.
                onFailure(e);
            }
        }
    }
}
