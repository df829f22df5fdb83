using MeetOperator.MediaNode.Failures;

namespace MeetOperator.MediaNode.Statistics;

/// <summary>A snapshot of one loop's counters. Totals count from the start of the process. Immutable.</summary>
internal sealed record LoopStatistics
{
    public required int Port { get; init; }
    public required long ReceivedDatagrams { get; init; }
    public required long ReceivedBytes { get; init; }
    public required long SentDatagrams { get; init; }
    public required long SentBytes { get; init; }
    public required long SentMessages { get; init; }
    public required long DiscardedDatagrams { get; init; }
    public required long DelayedMessages { get; init; }
    public required long KernelDrops { get; init; }
    public required long UnknownSourceDrops { get; init; }
    public required bool Segmentation { get; init; }

    /// <summary>The share of the last second that the loop spent working, 0 to 1.</summary>
    public required double Busy { get; init; }

    /// <summary>The longest time in the last ten seconds during which the loop did not read its socket although it was not idle, in 100 ns ticks.</summary>
    public required long LongestPauseTicks { get; init; }

    /// <summary>The longest command of the last ten seconds, with what it deferred, in 100 ns ticks. <see cref="Loops.MediaLoop.CommandTicks"/> is the aim.</summary>
    public required long LongestCommandTicks { get; init; }

    /// <summary>UDP payload sent during the last second, in bits per second.</summary>
    public required long EgressBitsPerSecond { get; init; }
    public required IReadOnlyDictionary<string, long> TransportDrops { get; init; }
    public required IReadOnlyDictionary<string, int> SessionsByProfile { get; init; }
    public required int ConnectedSessions { get; init; }

    /// <summary>Connected sessions that send over TCP.</summary>
    public int TcpSessions { get; init; }

    /// <summary>Connected sessions that send on a tunnel.</summary>
    public int TunnelSessions { get; init; }

    /// <summary>Sessions of participants that connected or failed before.</summary>
    public long Connections { get; init; }

    /// <summary>The failed ones of <see cref="Connections"/>.</summary>
    public long FailedConnections { get; init; }

    /// <summary>Connected sessions that received no datagram for <see cref="Loops.PeerSession.SilenceTicks"/>.</summary>
    public required int SilentSessions { get; init; }

    /// <summary>Unexpected errors by <see cref="FailureScope"/>.</summary>
    public required IReadOnlyDictionary<string, long> Failures { get; init; }

    /// <summary>The statistics of a loop that has not responded yet.</summary>
    public static LoopStatistics None(int port) => new()
    {
        Port = port,
        ReceivedDatagrams = 0,
        ReceivedBytes = 0,
        SentDatagrams = 0,
        SentBytes = 0,
        SentMessages = 0,
        DiscardedDatagrams = 0,
        DelayedMessages = 0,
        KernelDrops = 0,
        UnknownSourceDrops = 0,
        Segmentation = true,
        Busy = 0,
        LongestPauseTicks = 0,
        LongestCommandTicks = 0,
        EgressBitsPerSecond = 0,
        TransportDrops = new Dictionary<string, long>(),
        SessionsByProfile = new Dictionary<string, int>(),
        ConnectedSessions = 0,
        SilentSessions = 0,
        Failures = new Dictionary<string, long>(),
    };
}
