using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Coturn;

/// <summary>
/// Allocations and bytes of tenants, from the sessions in coturn's log. A client without a credential can hide lines of others in that log, but not invent any (<see cref="CoturnLog"/>): so an
/// allocation of which nothing is read for longer than it can last is forgotten, and there are never more for long than coturn has sockets. Each refresh and each report of bytes names the tenant
/// again. Thread-safe.
/// </summary>
internal sealed class TenantCounts(TimeProvider time)
{
    /// <summary>How long after the end of its lifetime an allocation is still counted.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>One for each port.</summary>
    private const int MaxSessions = ushort.MaxValue;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Bytes> _bytes = new(StringComparer.Ordinal);
    private int _excess;

    /// <summary>An allocation began or was refreshed.</summary>
    public void Keep(string session, string tenant, TimeSpan lifetime)
    {
        lock (_gate)
        {
            if (_sessions.Count < MaxSessions || _sessions.ContainsKey(session))
            {
                _sessions[session] = new Session(tenant, time.GetTimestamp(), lifetime);
            }
        }
    }

    /// <summary>An allocation ended.</summary>
    public void End(string session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
        }
    }

    /// <summary>Bytes were relayed.</summary>
    public void Add(string tenant, long bytes)
    {
        lock (_gate)
        {
            var before = _bytes.GetValueOrDefault(tenant);
            if (before is null && _bytes.Count >= TurnReport.MaxTenants)
            {
                _bytes.Remove(_bytes.MinBy(each => each.Value.At).Key);
            }

            _bytes[tenant] = new Bytes((before?.Count ?? 0) + bytes, time.GetTimestamp());
        }
    }

    /// <param name="sockets">Number of allocations that coturn has.</param>
    public IReadOnlyList<TenantTraffic> Read(int sockets)
    {
        lock (_gate)
        {
            foreach (var ended in _sessions.Where(each => time.GetElapsedTime(each.Value.At) > each.Value.Lifetime + Grace).Select(each => each.Key).ToList())
            {
                _sessions.Remove(ended);
            }

            // The sockets are counted a moment before or after the log is read, so only an excess that lasts is one.
            var excess = Math.Max(0, _sessions.Count - sockets);
            foreach (var hidden in _sessions.OrderBy(each => each.Value.At).Take(Math.Min(excess, _excess)).Select(each => each.Key).ToList())
            {
                _sessions.Remove(hidden);
            }

            _excess = excess;
            var allocations = _sessions.Values.CountBy(session => session.Tenant).ToDictionary(StringComparer.Ordinal);
            return
            [
                .. _bytes.Keys.Union(allocations.Keys)
                    .Select(tenant => new TenantTraffic { Tenant = tenant, Allocations = allocations.GetValueOrDefault(tenant), RelayedBytes = _bytes.GetValueOrDefault(tenant)?.Count ?? 0 })
                    .OrderByDescending(each => each.Allocations).ThenByDescending(each => each.RelayedBytes).ThenBy(each => each.Tenant, StringComparer.Ordinal)
                    .Take(TurnReport.MaxTenants),
            ];
        }
    }

    /// <param name="Tenant">The hash of the tenant.</param>
    /// <param name="At">When the log named it last.</param>
    /// <param name="Lifetime">How long it lasts from then on.</param>
    private sealed record Session(string Tenant, long At, TimeSpan Lifetime);

    private sealed record Bytes(long Count, long At);
}
