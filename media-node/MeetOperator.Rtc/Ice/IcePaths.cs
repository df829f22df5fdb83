using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Ice;

/// <summary>The addresses of one peer. When the list is full, a new address replaces the least useful one.</summary>
internal sealed class IcePaths(long consentTimeoutTicks)
{
    /// <summary>Enough for the interfaces and mapped ports of one client. A limit protects the memory.</summary>
    private const int Capacity = 8;

    private readonly List<IcePath> _paths = [];

    internal IcePath? Find(in TransportAddress address)
    {
        foreach (var path in _paths)
        {
            if (path.Address == address)
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Finds the path or adds it. Resets a path whose consent has expired.</summary>
    internal IcePath FindOrAdd(long nowTicks, in TransportAddress address, IcePath? keep)
    {
        if (Find(address) is { } known)
        {
            if (nowTicks - known.ConsentTicks >= consentTimeoutTicks)
            {
                known.Reopen(nowTicks);
            }

            return known;
        }

        if (_paths.Count == Capacity)
        {
            _paths.Remove(FindLeastUseful(keep));
        }

        var path = new IcePath(address, nowTicks);
        _paths.Add(path);
        return path;
    }

    /// <summary>The best path with valid consent, or null.</summary>
    internal IcePath? FindBest(long nowTicks) => _paths
        .Where(p => nowTicks - p.ConsentTicks < consentTimeoutTicks && !p.IsClosed)
        .OrderByDescending(p => p.IsConfirmed).ThenByDescending(p => p.IsNominated).ThenByDescending(p => p.Priority)
        .FirstOrDefault();

    internal IReadOnlyList<TransportAddress> FindAll(Predicate<TransportAddress> match) => [.. _paths.Select(path => path.Address).Where(address => match(address))];

    /// <summary>Ends expired confirmations.</summary>
    internal void Expire(long nowTicks)
    {
        foreach (var path in _paths)
        {
            path.Expire(nowTicks, consentTimeoutTicks);
        }
    }

    /// <summary>Removes the path.</summary>
    internal void Remove(IcePath path) => _paths.Remove(path);

    internal void ClearNominations()
    {
        foreach (var path in _paths)
        {
            path.IsNominated = false;
        }
    }

    /// <summary>The path to replace: an unconfirmed one first, then the one that was silent for longest.</summary>
    private IcePath FindLeastUseful(IcePath? keep) => _paths
        .Where(p => p != keep)
        .OrderByDescending(p => p.IsClosed).ThenBy(p => p.IsConfirmed).ThenBy(p => p.LastReceivedTicks)
        .First();
}
