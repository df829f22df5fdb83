namespace MeetOperator.MediaNode.Rooms;

/// <summary>Keeps the requests of each participant in the order of their calls, also when one of them has to wait before its loop can run it. Safe for concurrent use.</summary>
internal sealed class ParticipantTurns
{
    private readonly Dictionary<string, Task> _last = new(StringComparer.Ordinal);

    /// <summary>Runs <paramref name="work"/> when all earlier work for the participant has ended.</summary>
    /// <param name="participant">The participant.</param>
    /// <param name="work">The work.</param>
    /// <param name="ct">Stops the wait for earlier work. Later work still waits for that.</param>
    public async Task<T> RunAsync<T>(string participant, Func<Task<T>> work, CancellationToken ct)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before, turn;
        lock (_last)
        {
            before = _last.GetValueOrDefault(participant, Task.CompletedTask);
            turn = _last[participant] = Task.WhenAll(before, end.Task);
        }

        _ = turn.ContinueWith(_ => Remove(participant, turn), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await before.WaitAsync(ct).ConfigureAwait(false);
            return await work().ConfigureAwait(false);
        }
        finally
        {
            end.SetResult();
        }
    }

    private void Remove(string participant, Task turn)
    {
        lock (_last)
        {
            if (_last.GetValueOrDefault(participant) == turn)
            {
                _last.Remove(participant);
            }
        }
    }
}
