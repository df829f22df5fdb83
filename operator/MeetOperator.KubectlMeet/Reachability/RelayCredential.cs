using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>A credential for relays, as signaling makes them (draft-uberti-behave-turn-rest-00). It ends after two minutes.</summary>
/// <param name="Username">The end of the credential, and a name by which quotas tell it from others.</param>
/// <param name="Password">The password.</param>
internal sealed record RelayCredential(string Username, string Password)
{
    /// <summary>For requests that need none.</summary>
    public static readonly RelayCredential None = new(string.Empty, string.Empty);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    /// <param name="secret">The secret of the pool.</param>
    /// <param name="name">Tells this credential from others; letters and digits.</param>
    /// <param name="now">The current time.</param>
    [SuppressMessage("Security", "CA5350:Do not use weak cryptographic algorithms", Justification = "TURN servers compute the password with HMAC-SHA1.")]
    public static RelayCredential Issue(string secret, string name, DateTimeOffset now)
    {
        var username = string.Create(CultureInfo.InvariantCulture, $"{(now + Lifetime).ToUnixTimeSeconds()}:check:{name}");
        return new RelayCredential(username, Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username))));
    }

    /// <summary>Without the password, so that it cannot get into an output.</summary>
    public override string ToString() => Username;
}
