namespace MeetOperator.NodeControl;

/// <summary>
/// One UDP port of a node and the thread behind it. A loop that does not answer within a moment is reported all the same, with the figures that
/// it gave last: then <see cref="TickAgeMs"/> grows.
/// </summary>
public sealed record LoopReport
{
    public required int Port { get; init; }

    /// <summary>Since the thread last went round; up to 1,000 while there is nothing to do.</summary>
    public required long TickAgeMs { get; init; }

    /// <summary>
    /// The node sends itself a datagram twice a second through the loop's socket: age of the oldest that has no answer yet, 0 while the last one
    /// was answered, null before the first.
    /// </summary>
    public long? ProbeAgeMs { get; init; }

    /// <summary>The same to each address that clients are told.</summary>
    public IReadOnlyList<PathReport> Paths { get; init; } = [];

    /// <summary>Datagrams taken from the socket since start.</summary>
    public long PacketsIn { get; init; }

    /// <summary>Datagrams that the kernel took for sending since start.</summary>
    public long PacketsOut { get; init; }

    /// <summary>Datagrams that the kernel did not take for sending since start.</summary>
    public long PacketsRefused { get; init; }

    /// <summary>Longest time of the last ten seconds in which the loop was kept from its socket: by work for one room, the runtime, or the machine.</summary>
    public double LongestPauseMs { get; init; }

    /// <summary>Peer sessions with a connected transport.</summary>
    public int ConnectedSessions { get; init; }

    /// <summary>Of these, sessions of which nothing came for 5 s.</summary>
    public int SilentSessions { get; init; }
}
