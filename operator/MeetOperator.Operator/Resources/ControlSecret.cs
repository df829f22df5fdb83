using System.Text;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Resources;

/// <summary>The Secret from which a media node takes its control token and, where the Pod cannot know them, its addresses.</summary>
internal static class ControlSecret
{
    public const string TokenKey = "token";

    /// <summary>Comma list of IPs; the kubelet starts the Pod only once this entry exists.</summary>
    public const string AddressesKey = "addresses";

    public static string NameOf(string sfuNode) => $"{sfuNode}-control";

    public static Secret Build(SfuNode node, string token, string? addresses)
    {
        var data = new Dictionary<string, string> { [TokenKey] = Encode(token) };
        if (addresses is not null)
        {
            data[AddressesKey] = Encode(addresses);
        }

        return new Secret
        {
            Metadata = new ObjectMeta
            {
                Name = NameOf(node.Metadata.Name!),
                Namespace = node.Metadata.Namespace,
                Labels = NodeLabels.Of(node),
                OwnerReferences = [Owner.Of(node)],
            },
            Type = "Opaque",
            Data = data,
        };
    }

    private static string Encode(string value) => Convert.ToBase64String(Encoding.UTF8.GetBytes(value));
}
