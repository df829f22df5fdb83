namespace MeetOperator.Rtp.Reception;

/// <summary>The smoothed round trip to a peer, out of two kinds of samples. Times are 100 ns ticks.</summary>
public struct RoundTripTime
{
    /// <summary>A sample above is no round trip, but a clock that was set or a peer that lies.</summary>
    private const long MaximumTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Reports come once a second; so long after the last one they count as lost.</summary>
    private const long ReportValidTicks = 5 * TimeSpan.TicksPerSecond;

    private long lastReportTicks;
    private bool reported;

    /// <summary>0 until the first sample.</summary>
    public long Ticks { get; private set; }

    /// <summary>Takes what a report of the peer gives, which is exact.</summary>
    public void OnReport(long nowTicks, long sampleTicks)
    {
        if (sampleTicks is < 0 or > MaximumTicks)
        {
            return;
        }

        (reported, lastReportTicks) = (true, nowTicks);
        Add(sampleTicks);
    }

    /// <summary>
    /// Takes how long a retransmission took from the first request for it. That is too long when the first request or its answer was lost, so it
    /// counts only while there are no reports.
    /// </summary>
    public void OnRecovery(long nowTicks, long sampleTicks)
    {
        if (sampleTicks is >= 0 and <= MaximumTicks && (!reported || nowTicks - lastReportTicks > ReportValidTicks))
        {
            Add(sampleTicks);
        }
    }

    /// <summary>Down at once by half, up by an eighth: a single late sample says little, an early one cannot be wrong.</summary>
    private void Add(long sample)
    {
        sample = Math.Max(1, sample);
        var weight = sample < Ticks ? 2 : 8;
        Ticks = Ticks == 0 ? sample : Ticks + ((sample - Ticks) / weight);
    }
}
