using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Follows the Leases by which kubelets show that they run. Kubernetes reports a machine as not ready only when its Lease has expired, after 40 s by default; a kubelet renews it
/// every quarter of that time. As in leader election, only changes count, and only the local clock. Thread-safe.
/// </summary>
internal sealed class MachineHeartbeats(TimeProvider time)
{
    /// <summary>The namespace of these Leases; each has the name of its cluster node.</summary>
    public const string Namespace = "kube-node-lease";

    /// <summary>The part of the Lease's duration after which a renewal is late: a quarter, and time for slow requests.</summary>
    private const double LateAfter = 0.3;
    private static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(40);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string? Version, long ChangedAt, TimeSpan Late)> _machines = new(StringComparer.Ordinal);

    public void Observe(Lease lease)
    {
        var duration = lease.Spec.LeaseDurationSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : DefaultDuration;
        lock (_gate)
        {
            if (!_machines.TryGetValue(lease.Metadata.Name!, out var known) || known.Version != lease.Metadata.ResourceVersion)
            {
                _machines[lease.Metadata.Name!] = (lease.Metadata.ResourceVersion, time.GetTimestamp(), duration * LateAfter);
            }
        }
    }

    public void Forget(string machine)
    {
        lock (_gate)
        {
            _machines.Remove(machine);
        }
    }

    /// <summary>
    /// Whether the kubelet of a machine is late with its renewal while those of at least half of the machines are not. Otherwise the API server or the
    /// network of a zone may be the cause, while clients still reach the media nodes.
    /// </summary>
    public bool IsSilent(string machine)
    {
        lock (_gate)
        {
            if (!_machines.TryGetValue(machine, out var own) || !IsLate(own.ChangedAt, own.Late))
            {
                return false;
            }

            var late = _machines.Values.Count(other => IsLate(other.ChangedAt, other.Late));
            return late * 2 <= _machines.Count;
        }
    }

    /// <summary>Whether a renewal by the machine's kubelet was observed after a timestamp.</summary>
    public bool HasRenewedSince(string machine, long timestamp)
    {
        lock (_gate)
        {
            return _machines.TryGetValue(machine, out var own) && own.ChangedAt > timestamp;
        }
    }

    private bool IsLate(long changedAt, TimeSpan late) => time.GetElapsedTime(changedAt) >= late;
}
