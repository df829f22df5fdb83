using System.Security.Cryptography;
using System.Text.Json;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Hash of a node's template, as defined by version 0.1. It identifies nodes without a <see cref="PodHash"/>, and makes current nodes count as up to date after a rollback to
/// that version. Frozen: fields that were added later are not part of it.
/// </summary>
internal static class TemplateHash
{
    /// <summary>16 hex digits over all pool fields that affected a Pod in version 0.1.</summary>
    public static string Of(SfuPoolSpec pool, string operatorImage)
    {
        var exposure = pool.Exposure;
        var parts = new
        {
            image = MediaNodeImage.Resolve(pool, operatorImage),
            template = new
            {
                pool.Template.Labels,
                pool.Template.Annotations,
                pool.Template.Resources,
                pool.Template.NodeSelector,
                pool.Template.Tolerations,
                pool.Template.PriorityClassName,
            },
            exposure.Type,
            exposure.UdpPorts,
            exposure.AddressSource,
            exposure.StaticAddresses,
            pool.Capacity.MaxParticipants,
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(parts, KubeJson.Options)))[..16];
    }
}
