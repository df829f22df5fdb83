namespace MeetOperator.Rtp.Reception;

/// <summary>The smoothed round-trip time to a peer, from RTCP reports, connectivity checks and recovered packets. Times are in 100 ns ticks.</summary>
public struct RoundTripTime
{
    /// <summary>Higher samples result from a clock change or a malicious peer and are ignored.</summary>
    private const long MaximumTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Reports arrive once per second. After this time without one, recovery samples are used again.</summary>
    private const long ReportValidTicks = 5 * TimeSpan.TicksPerSecond;

    private long _lastReportTicks;
    private bool _hasReport;

    /// <summary>The smoothed round-trip time; 0 before the first sample.</summary>
    public long Ticks { get; private set; }

    /// <summary>Adds a sample from an RTCP report of the peer. These samples are exact.</summary>
    public void OnReport(long nowTicks, long sampleTicks)
    {
        if (sampleTicks is < 0 or > MaximumTicks)
        {
            return;
        }

        (_hasReport, _lastReportTicks) = (true, nowTicks);
        Add(sampleTicks);
    }

    /// <summary>Adds the round trip of a connectivity check. Checks are rare, so it is used only while there are no reports.</summary>
    public void OnCheck(long nowTicks, long sampleTicks) => OnRecovery(nowTicks, sampleTicks);

    /// <summary>
    /// Adds the time from the first request for a packet to its arrival. The sample is too long when a request or a retransmission was lost, so
    /// it is used only while there are no reports.
    /// </summary>
    public void OnRecovery(long nowTicks, long sampleTicks)
    {
        if (sampleTicks is >= 0 and <= MaximumTicks && (!_hasReport || nowTicks - _lastReportTicks > ReportValidTicks))
        {
            Add(sampleTicks);
        }
    }

    /// <summary>A lower sample has weight 1/2 because it cannot be too low. A higher one has weight 1/8 because a single late packet can cause it.</summary>
    private void Add(long sample)
    {
        sample = Math.Max(1, sample);
        var weight = sample < Ticks ? 2 : 8;
        Ticks = Ticks == 0 ? sample : Ticks + ((sample - Ticks) / weight);
    }
}
