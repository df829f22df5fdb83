namespace MeetOperator.MediaNode.Loops;

/// <summary>Counts the TCP connections of a media node. Safe for concurrent use.</summary>
internal sealed class StreamCounters
{
    private static readonly StreamEnd[] Reasons = Enum.GetValues<StreamEnd>();
    private readonly long[] _ended = new long[Reasons.Length];
    private long _accepted;
    private int _unauthenticated;
    private int _open;

    /// <summary>Connections that clients have opened since the process started.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections without an authentic check so far.</summary>
    public int Unauthenticated => Volatile.Read(ref _unauthenticated);

    /// <summary>Connections that belong to a session.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Connections that have ended since the process started, by reason.</summary>
    public IReadOnlyList<(StreamEnd Reason, long Count)> Ended => [.. Reasons.Select(reason => (reason, Of(reason)))];

    public long Of(StreamEnd reason) => Volatile.Read(ref _ended[(int)reason]);

    public void OnAccepted()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _unauthenticated);
    }

    /// <summary>A connection belongs to a session from now on.</summary>
    public void OnAuthenticated()
    {
        Interlocked.Decrement(ref _unauthenticated);
        Interlocked.Increment(ref _open);
    }

    public void OnEnded(StreamEnd reason, bool wasOpen)
    {
        Interlocked.Decrement(ref wasOpen ? ref _open : ref _unauthenticated);
        Interlocked.Increment(ref _ended[(int)reason]);
    }
}
