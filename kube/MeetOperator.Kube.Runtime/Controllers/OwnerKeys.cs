using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Runtime.Controllers;

/// <summary>Maps an object to the keys of its owners.</summary>
internal static class OwnerKeys
{
    /// <summary>The owner of kind <typeparamref name="TOwner"/> that controls <paramref name="item"/>, if any.</summary>
    public static IEnumerable<NamespacedName> OfController<TOwner>(KubernetesObject item)
        where TOwner : KubernetesObject
    {
        var entity = KubernetesEntityAttribute.Of(typeof(TOwner));
        foreach (var reference in item.Metadata.OwnerReferences ?? [])
        {
            // The reference may use an older API version, so only group and kind are compared.
            var slash = reference.ApiVersion.IndexOf('/', StringComparison.Ordinal);
            var group = slash < 0 ? string.Empty : reference.ApiVersion[..slash];
            if (reference.Controller == true && reference.Kind == entity.Kind && group == entity.Group)
            {
                yield return new NamespacedName(entity.Scope == EntityScope.Cluster ? null : item.Metadata.Namespace, reference.Name);
            }
        }
    }
}
