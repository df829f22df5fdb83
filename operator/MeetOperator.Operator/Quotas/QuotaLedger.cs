namespace MeetOperator.Operator.Quotas;

/// <summary>Counts the open meetings of each tenant. Checking and counting are one step, so that concurrent reconciles cannot exceed a quota.</summary>
internal sealed class QuotaLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<string>> _open = new(StringComparer.Ordinal);

    /// <summary>
    /// Counts the meeting if it is within the limit; null means no limit. Otherwise returns false and stops counting the meeting, even if it was counted under a
    /// higher limit.
    /// </summary>
    public bool TryAdmit(string tenant, string meetingUid, int? limit)
    {
        lock (_gate)
        {
            var open = OpenOf(tenant);
            open.Add(meetingUid);
            if (open.Count <= (limit ?? int.MaxValue))
            {
                return true;
            }

            open.Remove(meetingUid);
        }

        return false;
    }

    /// <summary>Counts a meeting that already has a node, regardless of the limit.</summary>
    public void Admit(string tenant, string meetingUid) => TryAdmit(tenant, meetingUid, null);

    /// <summary>Returns false when the meeting was not open.</summary>
    public bool Release(string tenant, string meetingUid)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(tenant, out var open) || !open.Remove(meetingUid))
            {
                return false;
            }

            if (open.Count == 0)
            {
                _open.Remove(tenant);
            }

            return true;
        }
    }

    public int OpenMeetings(string tenant)
    {
        lock (_gate)
        {
            return _open.TryGetValue(tenant, out var open) ? open.Count : 0;
        }
    }

    private HashSet<string> OpenOf(string tenant)
    {
        if (!_open.TryGetValue(tenant, out var open))
        {
            _open[tenant] = open = new HashSet<string>(StringComparer.Ordinal);
        }

        return open;
    }
}
