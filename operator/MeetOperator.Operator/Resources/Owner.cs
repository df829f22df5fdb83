using MeetOperator.Kube;

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
}
