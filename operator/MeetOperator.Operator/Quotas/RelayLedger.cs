using MeetOperator.Contracts.TurnPools;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Quotas;

/// <summary>Sums what each tenant uses of all relays, by what these report. Thread-safe.</summary>
/// <param name="time">The clock.</param>
/// <param name="forwarded">Called with the hash of a tenant and what a relay has forwarded for it since its report before, in bytes.</param>
internal sealed class RelayLedger(TimeProvider time, Action<string, long>? forwarded = null)
{
    /// <summary>How long a new leader takes at most to hear of all relays that answer.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(10);
    private readonly long _began = time.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, Entry>> _relays = new(StringComparer.Ordinal);

    /// <param name="relay">UID of the relay's Pod.</param>
    /// <param name="reported">What it reports; null from an older relay, which counts for no tenant.</param>
    /// <param name="owner">The only tenant that a relay can report, because the tenant can do with the relay what it wants; null for a relay of the installation.</param>
    public void Record(string relay, IReadOnlyList<TenantTraffic>? reported, string? owner)
    {
        var (at, own) = (time.GetElapsedTime(0), owner is null ? null : TurnTenant.HashOf(owner));
        lock (_gate)
        {
            var before = _relays.GetValueOrDefault(relay);
            Dictionary<string, Entry> next = new(StringComparer.Ordinal);
            foreach (var each in (reported ?? []).Take(TurnReport.MaxTenants).Where(each => each.Tenant.Length == TurnTenant.HashDigits && (own is null || each.Tenant == own)).DistinctBy(each => each.Tenant))
            {
                var (traffic, bytes) = before?.GetValueOrDefault(each.Tenant) is { } last ? (last.Traffic, last.Bytes) : (TurnTraffic.None, 0);
                // The former leader has counted what the relay forwarded before its first report to this one. After a restart, the relay counts from zero again.
                if (before is not null && each.RelayedBytes > 0)
                {
                    forwarded?.Invoke(each.Tenant, each.RelayedBytes < bytes ? each.RelayedBytes : each.RelayedBytes - bytes);
                }

                next[each.Tenant] = new Entry(Math.Max(0, each.Allocations), traffic.With(Math.Max(0, each.RelayedBytes), at), Math.Max(0, each.RelayedBytes));
            }

            // A report names the tenants with most allocations only. The bytes of one that is named again later were counted before.
            foreach (var (tenant, entry) in (before ?? []).Where(each => !next.ContainsKey(each.Key)).Take(TurnReport.MaxTenants))
            {
                next[tenant] = new Entry(0, TurnTraffic.None, entry.Bytes);
            }

            _relays[relay] = next;
        }
    }

    /// <summary>The relay does not exist any more, or does not answer.</summary>
    public void Remove(string relay)
    {
        lock (_gate)
        {
            _relays.Remove(relay);
        }
    }

    /// <summary>What a tenant uses; null while a new leader may not have heard of all relays.</summary>
    public RelayUse? Of(string tenant)
    {
        if (time.GetElapsedTime(_began) < StartTime)
        {
            return null;
        }

        var hash = TurnTenant.HashOf(tenant);
        lock (_gate)
        {
            var entries = _relays.Values.Select(relay => relay.GetValueOrDefault(hash)).OfType<Entry>().ToArray();
            return new RelayUse((int)Math.Min(int.MaxValue, entries.Sum(entry => (long)entry.Allocations)), (int)Math.Min(int.MaxValue, Math.Round(entries.Sum(entry => entry.Traffic.Mbps))));
        }
    }

    private sealed record Entry(int Allocations, TurnTraffic Traffic, long Bytes);
}
