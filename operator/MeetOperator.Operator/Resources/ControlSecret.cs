using System.Text;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Control;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// The Secret that gives one media node Pod its credentials and, if the Pod cannot know them, its addresses. It is created once and never changed. Each Pod has its own
/// Secret, named in its spec, and the garbage collector deletes it with the Pod. The operator therefore needs no permission to read or change Secrets in a tenant's
/// namespace.
/// </summary>
internal static class ControlSecret
{
    /// <summary>The external addresses of the cluster node, separated by commas.</summary>
    public const string AddressesKey = "addresses";

    /// <summary>Its internal ones.</summary>
    public const string InternalAddressesKey = "internalAddresses";

    /// <summary>Placeholder for the name where it does not matter.</summary>
    public const string PlaceholderName = "control";

    /// <summary>Returns a new name for the Secret of a Pod to be created.</summary>
    public static string NewName(string sfuNode, Random random) => $"{sfuNode}-control-{NodeName.Suffix(random)}";

    /// <summary>The Secret that contains the Pod's certificate; null for a Pod without one.</summary>
    public static string? NameIn(Pod pod) => Reference(pod, MediaNodeEnv.Certificate)?.Name;

    /// <summary>The key at which the Pod also reads its addresses from its Secret; null if it does not.</summary>
    public static string? AddressesKeyIn(Pod pod) => Reference(pod, MediaNodeEnv.AdvertisedAddresses)?.Key;

    public static Secret Build(SfuNode node, Pod pod, string name, NodeCredentials credentials, IReadOnlyList<string> addresses)
    {
        var data = ControlSecretText.Data(credentials);
        if (addresses.Count > 0 && AddressesKeyIn(pod) is { } key)
        {
            data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Join(',', addresses)));
        }

        return new Secret
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Namespace = node.Metadata.Namespace,
                Labels = NodeLabels.Of(node),
                OwnerReferences = [Owner.Of(pod)],
            },
            Type = "Opaque",
            Immutable = true,
            Data = data,
        };
    }

    private static SecretKeySelector? Reference(Pod pod, string variable) =>
        pod.Spec.Containers.SelectMany(container => container.Env ?? []).FirstOrDefault(entry => entry.Name == variable)?.ValueFrom?.SecretKeyRef;
}
