namespace MeetOperator.Operator.Fleet;

/// <summary>The machines that neither the operator nor the API server reaches, by the last probe of each. Guarded by the fleet.</summary>
internal sealed class LostMachines(TimeProvider time, MachineHeartbeats? heartbeats)
{
    private readonly Dictionary<string, long> _foundAt = new(StringComparer.Ordinal);

    public void Record(string machine, bool isLost)
    {
        if (isLost)
        {
            _foundAt[machine] = time.GetTimestamp();
        }
        else
        {
            _foundAt.Remove(machine);
        }
    }

    /// <summary>Whether the last probe during this silence found the machine lost, and its kubelet has not renewed its Lease since the silence began.</summary>
    /// <param name="machine">Name of the cluster node.</param>
    /// <param name="since">Timestamp of the first unanswered poll.</param>
    public bool Contains(string machine, long since) =>
        _foundAt.TryGetValue(machine, out var found) && found >= since && heartbeats?.HasRenewedSince(machine, since) != true;
}
