namespace MeetOperator.Kube.ProcessRuntime.Nodes;

/// <summary>Allocates one address per Pod from <c>prefix.2</c> to <c>prefix.254</c>, least recently used first.</summary>
internal sealed class PodAddresses
{
    private readonly Lock _gate = new();
    private readonly string _prefix;
    private readonly Queue<int> _free = new(Enumerable.Range(2, 253));
    private readonly Dictionary<string, int> _allocated = new(StringComparer.Ordinal);

    public PodAddresses(string prefix) => _prefix = prefix;

    /// <summary>The address of the Pod, or null if all addresses are in use.</summary>
    public string? Allocate(string uid)
    {
        lock (_gate)
        {
            if (!_allocated.TryGetValue(uid, out var number))
            {
                if (!_free.TryDequeue(out number))
                {
                    return null;
                }

                _allocated[uid] = number;
            }

            return $"{_prefix}.{number}";
        }
    }

    public void Release(string uid)
    {
        lock (_gate)
        {
            if (_allocated.Remove(uid, out var number))
            {
                _free.Enqueue(number);
            }
        }
    }
}
