using System.Security.Cryptography;
using System.Text;

namespace MeetOperator.Contracts.Tenants;

/// <summary>
/// Hashes of tenants' API keys. The operator reads the keys and writes their hashes into one ConfigMap per tenant in the installation's own namespace; signaling reads only
/// these ConfigMaps. Each entry maps the key's name in the Tenant to the SHA-256 of the key in lower-case hex. Keys have at least <see cref="MinLength"/> characters, so that
/// a hash cannot be reversed by guessing.
/// </summary>
public static class ApiKeyHashes
{
    /// <summary>128 bits for a random hexadecimal key, the least dense of the usual encodings.</summary>
    public const int MinLength = 32;
    public const int MaxLength = 512;

    /// <summary>Name of the ConfigMap with the hashes of a tenant's keys. A tenant that is recreated with the same name gets another one.</summary>
    public static string NameOf(Tenant tenant)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        return $"meet-api-keys-{tenant.Metadata.Uid}";
    }

    /// <summary>Returns the hash for the ConfigMap; null if the text is too short or too long for a key.</summary>
    public static string? Of(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Length is >= MinLength and <= MaxLength ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) : null;
    }
}
