namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A clock whose time of day differs from that of the machine. Timers and timestamps do not differ.</summary>
internal sealed class OffsetTime(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
