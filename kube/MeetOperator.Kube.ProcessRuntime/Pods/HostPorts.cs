using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Which Pod of this node holds which host port. A second Pod that wants one is refused, as a kubelet refuses it.</summary>
internal sealed class HostPorts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Protocol, int Port), string> _owners = [];

    /// <summary>Takes all host ports of the Pod or none; null when taken, else the clash in words.</summary>
    public string? Take(string uid, PodSpec spec)
    {
        var wanted = spec.Containers
            .SelectMany(c => c.Ports ?? [])
            .Where(p => p.HostPort is > 0)
            .Select(p => (Protocol: p.Protocol ?? "TCP", Port: p.HostPort!.Value))
            .ToArray();
        lock (_gate)
        {
            foreach (var port in wanted)
            {
                if (_owners.TryGetValue(port, out var owner) && owner != uid)
                {
                    return $"host port {port.Port}/{port.Protocol} is in use by another Pod of this node";
                }
            }

            foreach (var port in wanted)
            {
                _owners[port] = uid;
            }
        }

        return null;
    }

    public void Release(string uid)
    {
        lock (_gate)
        {
            foreach (var port in _owners.Where(o => o.Value == uid).Select(o => o.Key).ToArray())
            {
                _owners.Remove(port);
            }
        }
    }
}
