using MeetOperator.Kube.Metadata;

namespace MeetOperator.Kube.Runtime.Informers;

/// <summary>Objects by computed keys. Not thread-safe; guarded by <see cref="InformerStore{T}"/>.</summary>
internal sealed class InformerIndex<T>(Func<T, IEnumerable<string>> keys)
    where T : KubernetesObject
{
    private readonly Dictionary<string, Dictionary<NamespacedName, T>> _buckets = new(StringComparer.Ordinal);

    public IReadOnlyList<T> Find(string key) => _buckets.TryGetValue(key, out var bucket) ? [.. bucket.Values] : [];

    public void Update(T? old, T? item)
    {
        if (old is not null)
        {
            foreach (var key in keys(old))
            {
                if (_buckets.TryGetValue(key, out var bucket) && bucket.Remove(old.Metadata.NamespacedName) && bucket.Count == 0)
                {
                    _buckets.Remove(key);
                }
            }
        }

        if (item is null)
        {
            return;
        }

        foreach (var key in keys(item))
        {
            if (!_buckets.TryGetValue(key, out var bucket))
            {
                _buckets[key] = bucket = [];
            }

            bucket[item.Metadata.NamespacedName] = item;
        }
    }
}
