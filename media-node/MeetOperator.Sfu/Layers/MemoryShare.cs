namespace MeetOperator.Sfu.Layers;

/// <summary>
/// What one room takes of a memory budget that rooms share. It takes no more than it leaves free for others: a room alone gets half of the budget, each of three rooms a quarter, and so
/// there is always some left for the next one (dynamic thresholds, Choudhury and Hahne 1998). Used by one loop.
/// </summary>
public sealed class MemoryShare(MemoryBudget budget)
{
    private long _takenBytes;

    /// <summary>Whether <see cref="TryTake"/> would succeed.</summary>
    public bool CanTake(int bytes) => _takenBytes + bytes <= budget.AvailableBytes;

    public bool TryTake(int bytes)
    {
        if (!CanTake(bytes) || !budget.TryTake(bytes))
        {
            return false;
        }

        _takenBytes += bytes;
        return true;
    }

    public void Return(int bytes)
    {
        _takenBytes -= bytes;
        budget.Return(bytes);
    }
}
