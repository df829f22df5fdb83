namespace MeetOperator.Contracts.SfuPools;

/// <summary>How long the meetings of a draining media node may continue, and how long they wait for the next one.</summary>
public static class DrainWaits
{
    /// <summary>How many seconds another media node may take to be prepared and linked. Then it takes the meeting without a link.</summary>
    public const int LinkSeconds = 15;

    /// <summary>The seconds by the pool's policy, unless the drain of the SfuNode says otherwise.</summary>
    /// <param name="drain">How the pool drains.</param>
    /// <param name="isAnswering">False when the node does not answer the operator: people may still talk there, and would notice a move without a link.</param>
    public static int SecondsOf(SfuDrain drain, bool isAnswering = true)
    {
        ArgumentNullException.ThrowIfNull(drain);
        return drain.Policy switch
        {
            DrainPolicy.WaitThenMigrate => Math.Min(drain.SoftSeconds, drain.DeadlineSeconds),
            DrainPolicy.Wait => drain.DeadlineSeconds,
            _ => isAnswering ? 0 : drain.DeadlineSeconds,
        };
    }
}
