using System.Collections.Concurrent;
using System.Globalization;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// Reads from an informer, but returns the API server's response for an object that this process has just written or removed, until the informer has caught up.
/// Otherwise a reconcile could read the state from before this process's own write and repeat the write.
/// </summary>
internal sealed class FreshReads<T>
    where T : KubernetesObject
{
    private readonly Informer<T> _informer;
    private readonly ConcurrentDictionary<NamespacedName, T> _written = new();

    /// <summary>UIDs of objects that the server has deleted and the informer still contains.</summary>
    private readonly ConcurrentDictionary<NamespacedName, string?> _removed = new();

    public FreshReads(Informer<T> informer)
    {
        _informer = informer;
        informer.OnChange(change =>
        {
            if (change.Type == InformerChangeType.Deleted)
            {
                _written.TryRemove(change.Key, out _);
                _removed.TryRemove(change.Key, out _);
            }
        });
    }

    public T? Get(NamespacedName key)
    {
        var observed = _informer.Get(key);
        if (observed is not null && _removed.TryGetValue(key, out var uid) && uid == observed.Metadata.Uid)
        {
            return null;
        }

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

    public void RecordWrite(T item) => _written[item.Metadata.NamespacedName] = item;

    /// <summary>Records that the server has deleted the object. A later object with the same name is a different one.</summary>
    public void RecordRemoval(T item)
    {
        var key = item.Metadata.NamespacedName;
        _removed[key] = item.Metadata.Uid;
        if (_informer.Get(key)?.Metadata.Uid != item.Metadata.Uid)
        {
            _removed.TryRemove(key, out _);
        }
    }

    /// <summary>Versions of one object grow (Kubernetes API concepts, "Resource versions"). A version that is not a number counts as the oldest.</summary>
    private static ulong Version(T item) =>
        ulong.TryParse(item.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
}
