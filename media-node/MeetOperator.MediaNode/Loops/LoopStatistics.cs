namespace MeetOperator.MediaNode.Loops;

/// <summary>Numbers of one loop since its start, copied for whoever asks.</summary>
internal sealed record LoopStatistics
{
    public required int Port { get; init; }
    public required long ReceivedDatagrams { get; init; }
    public required long ReceivedBytes { get; init; }
    public required long SentDatagrams { get; init; }
    public required long SentBytes { get; init; }
    public required long SentMessages { get; init; }
    public required long RefusedDatagrams { get; init; }
    public required long KernelDrops { get; init; }
    public required long UnknownSourceDrops { get; init; }
    public required bool Segmentation { get; init; }

    /// <summary>Share of the last second that was spent working.</summary>
    public required double Busy { get; init; }

    /// <summary>Payload sent in the last second.</summary>
    public required long EgressBitsPerSecond { get; init; }
    public required IReadOnlyDictionary<string, long> TransportDrops { get; init; }
    public required IReadOnlyDictionary<string, int> SessionsByProfile { get; init; }
}
