namespace MeetOperator.Rtc.Ice;

/// <summary>The round trip that a check measured.</summary>
/// <param name="AtTicks">When the response was processed.</param>
/// <param name="Ticks">The round trip in 100 ns ticks.</param>
public readonly record struct PathRoundTrip(long AtTicks, long Ticks);
