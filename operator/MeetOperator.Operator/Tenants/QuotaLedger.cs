namespace MeetOperator.Operator.Tenants;

/// <summary>Which meetings each tenant has open. Admission and counting are one step, so that parallel reconciles cannot exceed a quota.</summary>
internal sealed class QuotaLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<string>> _open = new(StringComparer.Ordinal);

    /// <summary>True when the meeting counts as open, within the limit. One that was counted under a higher limit may be refused, and then no longer counts. A null limit means none.</summary>
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

    /// <summary>Counts a meeting that has its place, whatever the limit is now.</summary>
    public void Admit(string tenant, string meetingUid) => TryAdmit(tenant, meetingUid, null);

    /// <summary>False when the meeting was not open.</summary>
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
