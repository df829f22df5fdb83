namespace MeetOperator.Sfu.Layers;

/// <summary>Memory that several users share. A user takes what it may need, and returns it. Used by one loop.</summary>
public sealed class MemoryBudget(long bytes)
{
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
