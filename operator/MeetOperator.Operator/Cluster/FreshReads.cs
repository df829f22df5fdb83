using System.Collections.Concurrent;
using System.Globalization;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// Reads from an informer, except that an object which this process has just written or removed is read as the server answered, until the informer has caught up.
/// Without it the echo of an own write would be judged against an older state and written again.
/// </summary>
internal sealed class FreshReads<T>
    where T : KubernetesObject
{
    private readonly Informer<T> _informer;
    private readonly ConcurrentDictionary<NamespacedName, T> _written = new();

    /// <summary>Uids of objects that the server has let go and the informer still shows.</summary>
    private readonly ConcurrentDictionary<NamespacedName, string?> _gone = new();

    public FreshReads(Informer<T> informer)
    {
        _informer = informer;
        informer.OnChange(change =>
        {
            if (change.Type == InformerChangeType.Deleted)
            {
                _written.TryRemove(change.Key, out _);
                _gone.TryRemove(change.Key, out _);
            }
        });
    }

    public T? Get(NamespacedName key)
    {
        var observed = _informer.Get(key);
        if (observed is not null && _gone.TryGetValue(key, out var uid) && uid == observed.Metadata.Uid)
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

    public void Wrote(T item) => _written[item.Metadata.NamespacedName] = item;

    /// <summary>The server has let the object go; one of the same name that is made after it is another.</summary>
    public void Removed(T item)
    {
        var key = item.Metadata.NamespacedName;
        _gone[key] = item.Metadata.Uid;
        if (_informer.Get(key)?.Metadata.Uid != item.Metadata.Uid)
        {
            _gone.TryRemove(key, out _);
        }
    }

    /// <summary>Versions of one object grow (Kubernetes API concepts, "Resource versions"); what is not a number counts as older than everything.</summary>
    private static ulong Version(T item) =>
        ulong.TryParse(item.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
}
