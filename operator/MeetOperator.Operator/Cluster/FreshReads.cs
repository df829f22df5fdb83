using System.Collections.Concurrent;
using System.Globalization;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// Reads from an informer, except that an object which this process has just written is read as the server answered, until the informer has caught up.
/// Without it the echo of an own write would be judged against an older state and written again.
/// </summary>
internal sealed class FreshReads<T>
    where T : KubernetesObject
{
    private readonly Informer<T> _informer;
    private readonly ConcurrentDictionary<NamespacedName, T> _written = new();

    public FreshReads(Informer<T> informer)
    {
        _informer = informer;
        informer.OnChange(change =>
        {
            if (change.Type == InformerChangeType.Deleted)
            {
                _written.TryRemove(change.Key, out _);
            }
        });
    }

    public T? Get(NamespacedName key)
    {
        var observed = _informer.Get(key);
        if (observed is null || !_written.TryGetValue(key, out var written))
        {
            return observed;
        }

        if (Version(observed) < Version(written))
        {
            return written;
        }

        _written.TryRemove(new KeyValuePair<NamespacedName, T>(key, written));
        return observed;
    }

    public void Wrote(T item) => _written[item.Metadata.NamespacedName] = item;

    /// <summary>Versions of one object grow (Kubernetes API concepts, "Resource versions"); what is not a number counts as older than everything.</summary>
    private static ulong Version(T item) =>
        ulong.TryParse(item.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
}
