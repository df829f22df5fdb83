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
    public required long DelayedMessages { get; init; }
    public required long KernelDrops { get; init; }
    public required long UnknownSourceDrops { get; init; }
    public required bool Segmentation { get; init; }

    /// <summary>Share of the last second that was spent working.</summary>
    public required double Busy { get; init; }

    /// <summary>Longest time of the last ten seconds in which the loop did not look at its socket though it did not sleep.</summary>
    public required long LongestPauseTicks { get; init; }

    /// <summary>Payload sent in the last second.</summary>
    public required long EgressBitsPerSecond { get; init; }
    public required IReadOnlyDictionary<string, long> TransportDrops { get; init; }
    public required IReadOnlyDictionary<string, int> SessionsByProfile { get; init; }
    public required int ConnectedSessions { get; init; }

    /// <summary>Connected sessions of which nothing came for <see cref="Sessions.PeerSession.SilenceTicks"/>.</summary>
    public required int SilentSessions { get; init; }

    /// <summary>Unexpected errors, by what they ended.</summary>
    public required IReadOnlyDictionary<string, long> Faults { get; init; }

    /// <summary>Of a loop that has not told anything yet.</summary>
    public static LoopStatistics None(int port) => new()
    {
        Port = port,
        ReceivedDatagrams = 0,
        ReceivedBytes = 0,
        SentDatagrams = 0,
        SentBytes = 0,
        SentMessages = 0,
        RefusedDatagrams = 0,
        DelayedMessages = 0,
        KernelDrops = 0,
        UnknownSourceDrops = 0,
        Segmentation = true,
        Busy = 0,
        LongestPauseTicks = 0,
        EgressBitsPerSecond = 0,
        TransportDrops = new Dictionary<string, long>(),
        SessionsByProfile = new Dictionary<string, int>(),
        ConnectedSessions = 0,
        SilentSessions = 0,
        Faults = new Dictionary<string, long>(),
    };
}
