namespace MeetOperator.Sfu.Bandwidth;

/// <summary>The time in which packets are sent. Idle time between two packets does not count: it shows nothing about the line.</summary>
internal static class SendingTime
{
    /// <summary>Of a longer gap between two packets, only this part counts. Audio has packets every 20 to 60 ms.</summary>
    public const long MaxGapTicks = 250 * TimeSpan.TicksPerMillisecond;
}
