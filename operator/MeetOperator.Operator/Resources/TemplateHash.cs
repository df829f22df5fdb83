using System.Security.Cryptography;
using System.Text.Json;
using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Names what a media node was made from, as version 0.1 does: it knows nodes by it that have no <see cref="PodHash"/>, and nodes made here pass for current when it is
/// rolled back to. Frozen: a field that came later is not part of it.
/// </summary>
internal static class TemplateHash
{
    /// <summary>16 hex digits over everything of the pool that went into a Pod of version 0.1.</summary>
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
