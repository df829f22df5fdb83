using System.Text;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Control;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// The Secret from which one Pod of a media node takes its credentials and, where the Pod cannot know them, its addresses. It is created and never changed:
/// each Pod has one of its own, under a name that its spec carries, and the garbage collector removes it with the Pod. So the operator needs no right to read or
/// to change a Secret of a tenant's namespace.
/// </summary>
internal static class ControlSecret
{
    /// <summary>Comma list of IPs.</summary>
    public const string AddressesKey = "addresses";

    /// <summary>Stands for the name where any would do.</summary>
    public const string NameOfNone = "control";

    /// <summary>A name for the Secret of a Pod that is about to be made.</summary>
    public static string NewName(string sfuNode, Random random) => $"{sfuNode}-control-{NodeName.Suffix(random)}";

    /// <summary>The Secret from which the Pod takes its certificate; null for a Pod that takes none.</summary>
    public static string? NameIn(Pod pod) => Reference(pod, MediaNodeEnv.Certificate)?.Name;

    /// <summary>Whether the Pod takes its addresses from its Secret, too.</summary>
    public static bool HasAddresses(Pod pod) => Reference(pod, MediaNodeEnv.AdvertisedAddresses) is not null;

    public static Secret Build(SfuNode node, Pod pod, string name, NodeCredentials credentials, IReadOnlyList<string> addresses)
    {
        var data = ControlSecretText.Data(credentials);
        if (addresses.Count > 0)
        {
            data[AddressesKey] = Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Join(',', addresses)));
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
