namespace MeetOperator.Kube.Runtime.Loops;

/// <summary>The heartbeat of one loop in <see cref="LoopHealth"/>.</summary>
public sealed class LoopHeartbeat : IDisposable
{
    private const long Idle = long.MinValue;
    private readonly LoopHealth _owner;
    private readonly TimeProvider _time;
    private long _lastBeat;

    internal LoopHeartbeat(LoopHealth owner, string name, TimeSpan timeout, TimeProvider time)
    {
        (_owner, Name, Timeout, _time) = (owner, name, timeout, time);
        Beat();
    }

    /// <summary>The name in metrics.</summary>
    public string Name { get; }

    /// <summary>Age at which the loop counts as hung.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Time since the last heartbeat; zero while the loop is idle.</summary>
    public TimeSpan Age => Interlocked.Read(ref _lastBeat) is var at and not Idle ? _time.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Records a heartbeat; call it in every iteration.</summary>
    public void Beat() => Interlocked.Exchange(ref _lastBeat, _time.GetTimestamp());

    /// <summary>Marks the loop as waiting for work. Its age stays zero until the next heartbeat.</summary>
    public void MarkIdle() => Interlocked.Exchange(ref _lastBeat, Idle);

    public void Dispose() => _owner.End(this);
}
