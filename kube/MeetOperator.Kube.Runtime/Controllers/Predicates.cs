using MeetOperator.Kube.Runtime.Informers;

namespace MeetOperator.Kube.Runtime.Controllers;

/// <summary>Predicates that select the changes that cause a reconcile.</summary>
public static class Predicates
{
    /// <summary>
    /// True for additions, deletions, and changes of the spec (generation), labels, annotations, finalizers, or deletion timestamp.
    /// False for changes of the status alone, because most of them come from the controller itself.
    /// </summary>
    public static bool HasIntentChanged<T>(InformerChange<T> change)
        where T : KubernetesObject
    {
        if (change.Old is not { } old || change.New is not { } now)
        {
            return true;
        }

        return old.Metadata.Generation != now.Metadata.Generation
            || now.Metadata.Generation is null
            || old.Metadata.DeletionTimestamp != now.Metadata.DeletionTimestamp
            || !AreEqual(old.Metadata.Labels, now.Metadata.Labels)
            || !AreEqual(old.Metadata.Annotations, now.Metadata.Annotations)
            || !(old.Metadata.Finalizers ?? []).SequenceEqual(now.Metadata.Finalizers ?? []);
    }

    private static bool AreEqual(IDictionary<string, string>? left, IDictionary<string, string>? right) =>
        (left?.Count ?? 0) == (right?.Count ?? 0)
        && (left is null || left.All(pair => right!.TryGetValue(pair.Key, out var value) && value == pair.Value));
}
