using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Operator.Webhook.Certificates;

/// <summary>
/// The rotation of the authority, one step at a time. Pure but for the making of keys.
/// A new authority is first trusted, then signs, and the former one is trusted until nobody serves with its certificates: at no moment does a replica present a
/// certificate that an API server does not trust.
/// </summary>
internal static class AuthorityPlan
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>How long a new authority is trusted before it signs: API servers must have seen the bundle.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMinutes(5);

    /// <summary>How long a former authority is trusted after it last signed: every replica looks at the Secret far more often.</summary>
    public static readonly TimeSpan Retire = TimeSpan.FromHours(1);

    /// <summary>The next state; the same instance when nothing is to be done.</summary>
    /// <param name="stored">What the Secret holds; null when there is none that can be read.</param>
    /// <param name="trusted">PEM certificates that everybody who must trust holds now.</param>
    /// <param name="now">The present time.</param>
    /// <param name="make">Makes an authority.</param>
    /// <param name="rotation">What else bears on it.</param>
    public static Authorities Advance(Authorities? stored, string trusted, DateTimeOffset now, Func<Authority> make, Rotation rotation = default)
    {
        if (stored is { Next: { } heir } && !stored.Signing.IsValid(now) && heir.IsValid(now))
        {
            return Promote(stored, heir, now); // Too late to wait: some trust it already, and nobody trusts another one.
        }

        if (stored is null || !stored.Signing.IsValid(now))
        {
            // Replicas may serve with a certificate of an authority that was lost: what is trusted stays so for a while.
            var former = Unexpired(trusted, now);
            return new Authorities { Signing = make(), Former = former, FormerUntil = former is null ? null : now + Retire };
        }

        if (rotation.IsAsked)
        {
            return stored with { Next = make(), NextTrustedSince = null }; // Who asks may fear for the key of the next one, too.
        }

        if (stored.Next is { } next)
        {
            var isTrusted = Holds(trusted, next) || next.Made + rotation.Patience <= now;
            return stored.NextTrustedSince is { } since
                ? isTrusted && since + (rotation.Settle ?? Settle) <= now ? Promote(stored, next, now) : stored
                : isTrusted ? stored with { NextTrustedSince = now } : stored;
        }

        if (stored.FormerUntil is { } until && until <= now && (!rotation.IsFormerUsed || until + rotation.Patience <= now))
        {
            return stored with { Former = null, FormerUntil = null };
        }

        var due = stored.Signing.Made + ((stored.Signing.Expires - stored.Signing.Made) * 2 / 3);
        return due <= now ? stored with { Next = make() } : stored;
    }

    private static Authorities Promote(Authorities stored, Authority next, DateTimeOffset now) => new()
    {
        Signing = next,
        Former = stored.Signing.IsValid(now) ? stored.Signing.CertificatePem : null,
        FormerUntil = stored.Signing.IsValid(now) ? now + Retire : null,
    };

    private static bool Holds(string trusted, Authority authority) => Authorities.Certificates(trusted).Any(certificate => certificate.Thumbprint == authority.Thumbprint);

    private static string? Unexpired(string trusted, DateTimeOffset now)
    {
        const int Most = 4;
        X509Certificate2[] valid = [.. Authorities.Certificates(trusted).Where(certificate => certificate.NotAfter.ToUniversalTime() > now.UtcDateTime).Take(Most)];
        return valid.Length == 0 ? null : string.Join('\n', valid.Select(certificate => certificate.ExportCertificatePem()));
    }
}
