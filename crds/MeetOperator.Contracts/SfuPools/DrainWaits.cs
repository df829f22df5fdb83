namespace MeetOperator.Contracts.SfuPools;

/// <summary>How long the meetings of a draining media node may continue.</summary>
public static class DrainWaits
{
    /// <summary>The seconds by the pool's policy, unless the drain of the SfuNode says otherwise.</summary>
    public static int SecondsOf(SfuDrain drain)
    {
        ArgumentNullException.ThrowIfNull(drain);
        return drain.Policy switch
        {
            DrainPolicy.WaitThenMigrate => Math.Min(drain.SoftSeconds, drain.DeadlineSeconds),
            DrainPolicy.Wait => drain.DeadlineSeconds,
            _ => 0,
        };
    }
}
