using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>Builds and reads owner references.</summary>
internal static class Owner
{
    public static OwnerReference Of(KubernetesObject owner) => new()
    {
        ApiVersion = owner.ApiVersion!,
        Kind = owner.Kind!,
        Name = owner.Metadata.Name!,
        Uid = owner.Metadata.Uid!,
        Controller = true,
        BlockOwnerDeletion = true,
    };

    /// <summary>
    /// Omits blockOwnerDeletion, which would require permission to update Pods' finalizers. Pods from a list have no apiVersion and kind, so both are
    /// constants.
    /// </summary>
    public static OwnerReference Of(Pod pod) => new() { ApiVersion = "v1", Kind = "Pod", Name = pod.Metadata.Name!, Uid = pod.Metadata.Uid! };

    /// <summary>Whether <paramref name="owner"/> owns the item. A later object with the same name does not, because its UID differs.</summary>
    public static bool IsOwned(KubernetesObject item, KubernetesObject owner) => item.Metadata.OwnerReferences?.Any(reference => reference.Uid == owner.Metadata.Uid) == true;
}
