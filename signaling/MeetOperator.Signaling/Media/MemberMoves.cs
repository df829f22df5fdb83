using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Media;

/// <summary>Runs the <see cref="MoveSchedule"/> of one meeting on this replica for as long as members wait. Thread-safe.</summary>
/// <param name="time">The clock.</param>
/// <param name="turns">The turns of all meetings on this replica.</param>
/// <param name="left">Returns the time until the first of the nodes that members move away from is left.</param>
/// <param name="start">Starts the move of a member. Must not block.</param>
internal sealed class MemberMoves(TimeProvider time, MoveTurns turns, Func<TimeSpan> left, Action<string> start) : IAsyncDisposable
{
    private readonly MoveSchedule _schedule = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private bool _isRunning;
    private Task _running = Task.CompletedTask;

    /// <summary>Lets a member move when it is its turn.</summary>
    public void Add(string participantId)
    {
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
            {
                return;
            }

            _schedule.Add(participantId);
            if (!_isRunning)
            {
                _isRunning = true;
                _running = RunAsync(_closed.Token);
            }
        }
    }

    /// <inheritdoc cref="MoveSchedule.Cancel"/>
    public void Cancel(string participantId)
    {
        lock (_gate)
        {
            _schedule.Cancel(participantId);
        }
    }

    /// <inheritdoc cref="MoveSchedule.Remove"/>
    public void Remove(string participantId)
    {
        lock (_gate)
        {
            _schedule.Remove(participantId);
        }

        turns.End(participantId);
    }

    /// <inheritdoc cref="MoveSchedule.MarkConnected"/>
    public void MarkConnected(string participantId)
    {
        lock (_gate)
        {
            _schedule.MarkConnected(participantId);
        }

        turns.End(participantId);
    }

    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_gate)
        {
            _closed.Cancel();
            running = _running;
        }

        await running.ConfigureAwait(false);
        _closed.Dispose();
    }

    private async Task RunAsync(CancellationToken ct)
    {
        await Task.Yield();
        SignalingTracing.LeaveCurrent();
        while (Take() is { } batch)
        {
            foreach (var participantId in batch)
            {
                start(participantId);
            }

            await Task.Delay(MoveSchedule.Interval, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Returns the members that start now, or null if nobody waits.</summary>
    private IReadOnlyList<string>? Take()
    {
        lock (_gate)
        {
            if (_schedule.HasWaiting && !_closed.IsCancellationRequested)
            {
                return turns.Take(_schedule, time.GetElapsedTime(0), left());
            }

            turns.Leave(_schedule);
            _isRunning = false;
            return null;
        }
    }
}
