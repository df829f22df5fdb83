using MeetOperator.Kube.Metadata;

namespace MeetOperator.Kube.Runtime.Informers;

/// <summary>One change in the store of an informer. <see cref="Old"/> is null for an addition, <see cref="New"/> for a deletion.</summary>
public readonly record struct InformerChange<T>(InformerChangeType Type, T? Old, T? New)
    where T : KubernetesObject
{
    /// <summary>The object after the change; for a deletion, its last known state.</summary>
    public T Object => New ?? Old!;

    public NamespacedName Key => Object.Metadata.NamespacedName;
}

public enum InformerChangeType
{
    Added,
    Modified,
    Deleted,
}
