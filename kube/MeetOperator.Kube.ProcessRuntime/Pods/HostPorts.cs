using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime.Pods;

/// <summary>Tracks which Pod uses which host port. Like a kubelet, the node rejects a second Pod that needs the same port.</summary>
internal sealed class HostPorts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Protocol, int Port), string> _owners = [];

    /// <summary>Reserves all host ports of the Pod, or none. Returns null on success, otherwise a description of the conflict.</summary>
    public string? Reserve(string uid, PodSpec spec)
    {
        var requested = spec.Containers
            .SelectMany(c => c.Ports ?? [])
            .Where(p => p.HostPort is > 0)
            .Select(p => (Protocol: p.Protocol ?? "TCP", Port: p.HostPort!.Value))
            .ToArray();
        lock (_gate)
        {
            foreach (var port in requested)
            {
                if (_owners.TryGetValue(port, out var owner) && owner != uid)
                {
                    return $"host port {port.Port}/{port.Protocol} is in use by another Pod on this node";
                }
            }

            foreach (var port in requested)
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
