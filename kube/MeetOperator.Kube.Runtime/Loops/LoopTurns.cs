namespace MeetOperator.Kube.Runtime;

/// <summary>One loop, as <see cref="LoopHealth"/> sees it.</summary>
public sealed class LoopTurns : IDisposable
{
    private const long Resting = long.MinValue;
    private readonly LoopHealth _owner;
    private readonly TimeProvider _time;
    private long _turnedAt;

    internal LoopTurns(LoopHealth owner, string name, TimeSpan patience, TimeProvider time)
    {
        (_owner, Name, Patience, _time) = (owner, name, patience, time);
        Turn();
    }

    /// <summary>Label of metrics.</summary>
    public string Name { get; }

    /// <summary>Age from which the process counts as broken.</summary>
    public TimeSpan Patience { get; }

    /// <summary>Since the last turn; zero while the loop rests.</summary>
    public TimeSpan Age => Interlocked.Read(ref _turnedAt) is var at and not Resting ? _time.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>The loop goes round.</summary>
    public void Turn() => Interlocked.Exchange(ref _turnedAt, _time.GetTimestamp());

    /// <summary>The loop waits for work that may never come, and does not grow old until the next turn.</summary>
    public void Rest() => Interlocked.Exchange(ref _turnedAt, Resting);

    public void Dispose() => _owner.End(this);
}
