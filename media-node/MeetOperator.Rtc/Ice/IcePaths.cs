namespace MeetOperator.Rtc.Ice;

/// <summary>The addresses of one peer; the least useful one makes room for a new one.</summary>
internal sealed class IcePaths(long consentTimeoutTicks)
{
    /// <summary>Interfaces times mapped ports of one client; more is an attempt to use up memory.</summary>
    private const int Capacity = 8;

    private readonly List<IcePath> paths = [];

    internal IcePath? Find(in TransportAddress address)
    {
        foreach (var path in paths)
        {
            if (path.Address == address)
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>The path, new when its consent ran out.</summary>
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

        if (paths.Count == Capacity)
        {
            paths.Remove(LeastUseful(keep));
        }

        var path = new IcePath(address, nowTicks);
        paths.Add(path);
        return path;
    }

    /// <summary>The best one that still consents to be sent to.</summary>
    internal IcePath? Best(long nowTicks) => paths
        .Where(p => nowTicks - p.ConsentTicks < consentTimeoutTicks)
        .OrderByDescending(p => p.Proven).ThenByDescending(p => p.Nominated).ThenByDescending(p => p.Priority)
        .FirstOrDefault();

    /// <summary>Ends the proofs that are too old.</summary>
    internal void Expire(long nowTicks)
    {
        foreach (var path in paths)
        {
            path.Expire(nowTicks, consentTimeoutTicks);
        }
    }

    internal void ForgetNominations()
    {
        foreach (var path in paths)
        {
            path.Nominated = false;
        }
    }

    /// <summary>One that never proved more than a check goes before one that did.</summary>
    private IcePath LeastUseful(IcePath? keep) => paths
        .Where(p => p != keep)
        .OrderBy(p => p.Proven).ThenBy(p => p.LastHeardTicks)
        .First();
}
