using System.Text.RegularExpressions;

namespace MeetOperator.Turn.Coturn;

/// <summary>User names of the credentials that signaling makes: <c>&lt;end&gt;:&lt;tenant&gt;:&lt;meeting&gt;:&lt;participant&gt;</c>, of earlier versions without the tenant.</summary>
internal static partial class CredentialName
{
    /// <summary>The hash of the tenant; null for a name without one, such as those of earlier versions and of checks.</summary>
    public static string? TenantOf(string username) => WithTenant().Match(username) is { Success: true } name ? name.Groups["tenant"].Value : null;

    [GeneratedRegex(@"\A\d{1,20}:(?<tenant>[0-9a-f]{16}):[^:]+:[^:]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex WithTenant();
}
