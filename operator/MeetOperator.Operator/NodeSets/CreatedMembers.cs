using System.Collections.Concurrent;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.NodeSets;

/// <summary>
/// Objects that were created and are not in the informer yet, so that the next reconcile does not create them again. If an up-to-date informer lacks one for a while,
/// it was deleted in the meantime.
/// </summary>
internal sealed class CreatedMembers<T>(Informer<T> informer, TimeProvider time)
    where T : KubernetesObject
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<NamespacedName, (T Member, long At)> _created = new();

    public void Add(T member) => _created[member.Metadata.NamespacedName] = (member, time.GetTimestamp());

    /// <summary>All objects that are not in the informer yet.</summary>
    public IReadOnlyList<T> All
    {
        get
        {
            foreach (var (key, (_, at)) in _created)
            {
                if (informer.Get(key) is not null || (informer.IsWatching && time.GetElapsedTime(at) > MaxDelay))
                {
                    _created.TryRemove(key, out _);
                }
            }

            return [.. _created.Values.Select(entry => entry.Member)];
        }
    }

    /// <summary>Those of one owner. A later object with the same name owns none of them.</summary>
    public IEnumerable<T> Of(KubernetesObject owner) => All.Where(member => Owner.IsOwned(member, owner));
}
