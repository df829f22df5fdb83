namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>The latest events of one resource, from which watches resume. Guarded by the hub's lock.</summary>
internal sealed class WatchHistory(int capacity, long compactedVersion)
{
    private readonly Queue<StoreEvent> _events = new();

    /// <summary>Events up to this version were discarded. A watch from an older version gets 410.</summary>
    public long CompactedVersion { get; private set; } = compactedVersion;

    public void Add(StoreEvent change)
    {
        _events.Enqueue(change);
        if (_events.Count > capacity)
        {
            CompactedVersion = _events.Dequeue().Version;
        }
    }

    public IEnumerable<StoreEvent> After(long version) => _events.Where(e => e.Version > version);

    /// <summary>Discards all events up to and including <paramref name="version"/>.</summary>
    public void Compact(long version)
    {
        while (_events.TryPeek(out var first) && first.Version <= version)
        {
            _events.Dequeue();
        }

        CompactedVersion = Math.Max(CompactedVersion, version);
    }
}
