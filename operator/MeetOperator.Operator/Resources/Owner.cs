using MeetOperator.Kube;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Resources;

/// <summary>References by which the garbage collector removes what belongs to an object.</summary>
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

    /// <summary>Without blockOwnerDeletion, which would need a right on Pods' finalizers. Pods in a list carry neither apiVersion nor kind.</summary>
    public static OwnerReference Of(Pod pod) => new() { ApiVersion = "v1", Kind = "Pod", Name = pod.Metadata.Name!, Uid = pod.Metadata.Uid! };
}
