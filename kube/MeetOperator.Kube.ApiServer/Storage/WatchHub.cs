namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Delivers committed events to watchers in version order, and keeps the history from which watches resume.</summary>
internal sealed class WatchHub(int historySize)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Channel> _channels = [];
    private long _startVersion;
    private long _publishedVersion;

    /// <summary>The version up to which events were delivered.</summary>
    public long PublishedVersion => Volatile.Read(ref _publishedVersion);

    public int WatcherCount
    {
        get
        {
            lock (_lock)
            {
                return _channels.Values.Sum(c => c.Watchers.Count);
            }
        }
    }

    /// <summary>Sets the version at which the history starts. Called once, before the first event.</summary>
    public void StartAt(long loadedVersion, long currentVersion)
    {
        _startVersion = loadedVersion;
        _publishedVersion = currentVersion;
    }

    public void Publish(StoreEvent change)
    {
        lock (_lock)
        {
            var channel = Get(change.Object.Key.Table);
            channel.History.Add(change);
            Volatile.Write(ref _publishedVersion, change.Version);
            for (var i = channel.Watchers.Count - 1; i >= 0; i--)
            {
                if (!channel.Watchers[i].TryOffer(change))
                {
                    channel.Watchers.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>
    /// Registers <paramref name="watcher"/> for events after <paramref name="version"/> and replays the history.
    /// Returns the compacted version if the history does not reach back that far, otherwise null.
    /// </summary>
    public long? Subscribe(string table, long version, Watcher watcher)
    {
        lock (_lock)
        {
            var channel = Get(table);
            if (version < channel.History.CompactedVersion)
            {
                return channel.History.CompactedVersion;
            }

            foreach (var change in channel.History.After(version))
            {
                if (!watcher.TryOffer(change))
                {
                    return null;
                }
            }

            channel.Watchers.Add(watcher);
            return null;
        }
    }

    public void Unsubscribe(string table, Watcher watcher)
    {
        lock (_lock)
        {
            Get(table).Watchers.Remove(watcher);
        }
    }

    /// <summary>The version up to which the history of a resource was discarded.</summary>
    public long CompactedVersion(string table)
    {
        lock (_lock)
        {
            return Get(table).History.CompactedVersion;
        }
    }

    /// <summary>Discards all history, like a compaction of etcd. Tests use it to provoke 410.</summary>
    public void Compact(long version)
    {
        lock (_lock)
        {
            _startVersion = Math.Max(_startVersion, version);
            foreach (var channel in _channels.Values)
            {
                channel.History.Compact(version);
            }
        }
    }

    /// <summary>Ends all watches of a resource after its definition changed or was removed.</summary>
    public void Close(string table)
    {
        lock (_lock)
        {
            if (_channels.TryGetValue(table, out var channel))
            {
                channel.Watchers.ForEach(w => w.Complete());
                channel.Watchers.Clear();
            }
        }
    }

    private Channel Get(string table)
    {
        if (!_channels.TryGetValue(table, out var channel))
        {
            _channels[table] = channel = new Channel(new WatchHistory(historySize, _startVersion));
        }

        return channel;
    }

    private sealed class Channel(WatchHistory history)
    {
        public WatchHistory History { get; } = history;
        public List<Watcher> Watchers { get; } = [];
    }
}
