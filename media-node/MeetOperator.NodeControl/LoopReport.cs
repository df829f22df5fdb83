namespace MeetOperator.NodeControl;

/// <summary>
/// The state of one media loop: a UDP port of the node and the thread that serves it. A loop that does not respond in time is reported with its last known
/// figures, and its <see cref="TickAgeMs"/> grows.
/// </summary>
public sealed record LoopReport
{
    public required int Port { get; init; }

    /// <summary>Milliseconds since the thread last started an iteration; up to 1,000 when idle.</summary>
    public required long TickAgeMs { get; init; }

    /// <summary>
    /// The node sends itself a probe datagram through the loop's socket twice a second. The age of the oldest unanswered probe in milliseconds, 0 when the
    /// last probe was answered, null before the first.
    /// </summary>
    public long? ProbeAgeMs { get; init; }

    /// <summary>The same probes for each advertised address.</summary>
    public IReadOnlyList<PathReport> Paths { get; init; } = [];

    /// <summary>Datagrams received from the socket since the process started.</summary>
    public long PacketsIn { get; init; }

    /// <summary>Datagrams that the kernel accepted for sending since the process started.</summary>
    public long PacketsOut { get; init; }

    /// <summary>Datagrams that the kernel did not accept for sending since the process started.</summary>
    public long PacketsRefused { get; init; }

    /// <summary>Datagrams that the kernel dropped since the process started, because the loop did not read its socket in time. 0 in reports of earlier versions.</summary>
    public long PacketsLost { get; init; }

    /// <summary>The share of the last second that the loop spent working, 0 to 1. Null in reports of earlier versions.</summary>
    public double? Busy { get; init; }

    /// <summary>The longest time in the last ten seconds during which the loop did not read its socket because of work for one room, the runtime, or CPU contention.</summary>
    public double LongestPauseMs { get; init; }

    /// <summary>The longest time in the last ten seconds that one request took on the loop's thread. It includes time in which the thread waited for a CPU.</summary>
    public double LongestCommandMs { get; init; }

    /// <summary>Peer sessions with a connected transport.</summary>
    public int ConnectedSessions { get; init; }

    /// <summary>Connected sessions that received no datagram for 5 s.</summary>
    public int SilentSessions { get; init; }
}
