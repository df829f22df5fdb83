namespace MeetOperator.Sfu.Layers;

/// <summary>Memory that several users share. A user takes what it may need, and returns it. Used by one loop.</summary>
/// <param name="bytes">The memory of all users.</param>
/// <param name="maxHistoryBytes">What the packets of one layer that are kept for retransmissions take at most.</param>
public sealed class MemoryBudget(long bytes, int maxHistoryBytes = int.MaxValue)
{
    public int MaxHistoryBytes => maxHistoryBytes;

    public long AvailableBytes { get; private set; } = bytes;

    public bool TryTake(int bytes)
    {
        if (bytes > AvailableBytes)
        {
            return false;
        }

        AvailableBytes -= bytes;
        return true;
    }

    public void Return(int bytes) => AvailableBytes += bytes;
}
