namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>The clock of the machine, whose timestamps a test can stop and move forward: then no time, or more time, passes for what measures it. Timers and the time of day go on.</summary>
internal sealed class HoldableTime : TimeProvider
{
    /// <summary>The timestamp while they stand still; otherwise 0.</summary>
    private long _held;
    private long _skipped;

    public override long GetTimestamp()
    {
        var held = Volatile.Read(ref _held);
        return (held == 0 ? base.GetTimestamp() : held) + Volatile.Read(ref _skipped);
    }

    public void Hold() => Volatile.Write(ref _held, base.GetTimestamp());

    public void Resume() => Volatile.Write(ref _held, 0);

    public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, (long)(time.TotalSeconds * TimestampFrequency));
}
