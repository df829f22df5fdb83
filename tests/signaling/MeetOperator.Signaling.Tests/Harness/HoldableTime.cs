namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>The clock of the machine, whose timestamps a test can stop: then no time passes for what measures it. Timers and the time of day go on.</summary>
internal sealed class HoldableTime : TimeProvider
{
    /// <summary>The timestamp while they stand still; otherwise 0.</summary>
    private long _held;

    public override long GetTimestamp()
    {
        var held = Volatile.Read(ref _held);
        return held == 0 ? base.GetTimestamp() : held;
    }

    public void Hold() => Volatile.Write(ref _held, base.GetTimestamp());

    public void Resume() => Volatile.Write(ref _held, 0);
}
