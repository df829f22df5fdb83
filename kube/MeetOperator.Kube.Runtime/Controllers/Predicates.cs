namespace MeetOperator.Kube.Runtime;

/// <summary>Which changes matter.</summary>
public static class Predicates
{
    /// <summary>
    /// Additions, deletions, and modifications that somebody wants something by: of the spec (generation), labels, annotations, finalizers or the deletion mark.
    /// A change of status alone is not one; it is mostly our own.
    /// </summary>
    public static bool IntentChanged<T>(InformerChange<T> change)
        where T : KubernetesObject
    {
        if (change.Old is not { } old || change.New is not { } now)
        {
            return true;
        }

        return old.Metadata.Generation != now.Metadata.Generation
            || now.Metadata.Generation is null
            || old.Metadata.DeletionTimestamp != now.Metadata.DeletionTimestamp
            || !SameMap(old.Metadata.Labels, now.Metadata.Labels)
            || !SameMap(old.Metadata.Annotations, now.Metadata.Annotations)
            || !(old.Metadata.Finalizers ?? []).SequenceEqual(now.Metadata.Finalizers ?? []);
    }

    private static bool SameMap(IDictionary<string, string>? left, IDictionary<string, string>? right) =>
        (left?.Count ?? 0) == (right?.Count ?? 0)
        && (left is null || left.All(pair => right!.TryGetValue(pair.Key, out var value) && value == pair.Value));
}
