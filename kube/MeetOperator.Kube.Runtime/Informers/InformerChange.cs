namespace MeetOperator.Kube.Runtime;

/// <summary>One change of the informer's state. <see cref="Old"/> is null when added, <see cref="New"/> when deleted.</summary>
public readonly record struct InformerChange<T>(InformerChangeType Type, T? Old, T? New)
    where T : KubernetesObject
{
    /// <summary>The object after the change, or the last one known when it was deleted.</summary>
    public T Object => New ?? Old!;

    public NamespacedName Key => Object.Metadata.NamespacedName;
}

public enum InformerChangeType
{
    Added,
    Modified,
    Deleted,
}
