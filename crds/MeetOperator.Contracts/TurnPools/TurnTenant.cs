using System.Security.Cryptography;
using System.Text;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>
/// How relays know a tenant: by a hash in the user names of credentials, <c>&lt;end&gt;:&lt;tenant&gt;:&lt;meeting&gt;:&lt;participant&gt;</c>. Relays report what is used by this hash, and the
/// operator, which knows the names of all tenants, finds the tenant.
/// </summary>
public static class TurnTenant
{
    /// <summary>Hexadecimal digits of a hash in a user name.</summary>
    public const int HashDigits = 16;

    /// <summary>The hash of a tenant's name.</summary>
    public static string HashOf(string tenant) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tenant)))[..HashDigits];
}
