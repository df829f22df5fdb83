namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Gives each Pod an address of its own out of <c>prefix.2</c> to <c>prefix.254</c>, the longest unused one first.</summary>
internal sealed class PodAddresses
{
    private readonly Lock _gate = new();
    private readonly string _prefix;
    private readonly Queue<int> _free = new(Enumerable.Range(2, 253));
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    public PodAddresses(string prefix) => _prefix = prefix;

    /// <summary>Null when all are in use.</summary>
    public string? Take(string uid)
    {
        lock (_gate)
        {
            if (!_taken.TryGetValue(uid, out var number))
            {
                if (!_free.TryDequeue(out number))
                {
                    return null;
                }

                _taken[uid] = number;
            }

            return $"{_prefix}.{number}";
        }
    }

    public void Release(string uid)
    {
        lock (_gate)
        {
            if (_taken.Remove(uid, out var number))
            {
                _free.Enqueue(number);
            }
        }
    }
}
