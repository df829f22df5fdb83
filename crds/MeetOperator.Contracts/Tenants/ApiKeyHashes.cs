using System.Security.Cryptography;
using System.Text;

namespace MeetOperator.Contracts;

/// <summary>
/// The operator reads tenants' API keys and writes their hashes into one ConfigMap a tenant in the installation's own namespace; signaling reads those only. Entry:
/// the key's name in the Tenant, with the SHA-256 of the key in lower-case hex. Keys have at least <see cref="MinLength"/> characters, so that a hash gives nothing away.
/// </summary>
public static class ApiKeyHashes
{
    /// <summary>128 bits when the key is random hex, the least dense of the usual alphabets.</summary>
    public const int MinLength = 32;
    public const int MaxLength = 512;

    /// <summary>Name of the ConfigMap with the hashes of a tenant's keys: a tenant that is made again under the same name has another one.</summary>
    public static string NameOf(Tenant tenant)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        return $"meet-api-keys-{tenant.Metadata.Uid}";
    }

    /// <summary>The hash as it stands in the ConfigMap; null for what is too short or too long to be a key.</summary>
    public static string? Of(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Length is >= MinLength and <= MaxLength ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) : null;
    }
}
