using System.Security.Cryptography;
using System.Text.Json;
using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Resources;

/// <summary>Names what a media node was made from, so that nodes made from an older template are recognised.</summary>
internal static class TemplateHash
{
    /// <summary>16 hex digits over everything of the pool that goes into a Pod.</summary>
    public static string Of(SfuPoolSpec pool, string operatorImage)
    {
        var exposure = pool.Exposure;
        var parts = new
        {
            image = MediaNodeImage.Resolve(pool, operatorImage),
            pool.Template,
            exposure.Type,
            exposure.UdpPorts,
            exposure.AddressSource,
            exposure.StaticAddresses,
            pool.Capacity.MaxParticipants,
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(parts, KubeJson.Options)))[..16];
    }
}
