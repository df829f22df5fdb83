namespace MeetOperator.Sfu.Layers;

/// <summary>The memory that all tracks of one participant may use for retransmission. A track without memory does not answer NACKs.</summary>
public sealed class RetransmissionBudget(long bytes)
{
    /// <summary>Enough for 25 published video tracks, for 17 with three layers, or for 170 subscribed tracks without RTX. Conforming clients need memory for one or two.</summary>
    public const long DefaultBytes = 16 * 1024 * 1024;

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
