namespace MeetOperator.Sfu.Bandwidth;

/// <summary>Bounds of a <see cref="SendBandwidth"/>, in bits per second.</summary>
internal sealed record SendBandwidthOptions
{
    public static readonly SendBandwidthOptions Default = new();

    /// <summary>
    /// The estimate before the first feedback. A camera in its middle layer fits at once, and the first probes find more within a second. On a narrower line the delay shows it
    /// after about 300 ms.
    /// </summary>
    public long StartBitsPerSecond { get; init; } = 1_000_000;

    /// <summary>The lowest estimate. It carries audio, which is sent in any case.</summary>
    public long MinBitsPerSecond { get; init; } = 50_000;

    /// <summary>The highest estimate. 25 tiles and a screen need less.</summary>
    public long MaxBitsPerSecond { get; init; } = 50_000_000;
}
