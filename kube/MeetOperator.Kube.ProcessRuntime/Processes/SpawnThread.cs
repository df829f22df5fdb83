using System.Collections.Concurrent;

namespace MeetOperator.Kube.ProcessRuntime.Processes;

/// <summary>
/// The only thread that starts children. PR_SET_PDEATHSIG depends on the thread that created the child, not on its process (prctl(2)):
/// a child started from a pool thread would be killed when that thread ends. This thread lives as long as the process.
/// </summary>
internal sealed class SpawnThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public SpawnThread()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "spawn" };
        _thread.Start();
    }

    public Task<T> RunAsync<T>(Func<T> start)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(start());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Ends the thread. The kernel then kills the children that are still running.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
