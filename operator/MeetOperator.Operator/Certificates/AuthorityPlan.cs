using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Operator.Certificates;

/// <summary>
/// Rotates the authority, one step at a time. Pure except for key generation.
/// A new authority is trusted before it signs, and the former one stays trusted until its certificates are no longer used. At no time does a replica present a certificate
/// that an API server does not trust.
/// </summary>
internal static class AuthorityPlan
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>How long a new authority is trusted before it signs, so that every API server has loaded the bundle.</summary>
    public static readonly TimeSpan TrustDelay = TimeSpan.FromMinutes(5);

    /// <summary>How long a former authority stays trusted after its last signature. Replicas read the Secret far more often.</summary>
    public static readonly TimeSpan Retire = TimeSpan.FromHours(1);

    /// <summary>Returns the next state, or the same instance when nothing is due.</summary>
    /// <param name="stored">The content of the Secret; null when it contains no readable authority.</param>
    /// <param name="trusted">PEM certificates that all peers currently trust.</param>
    /// <param name="now">The current time.</param>
    /// <param name="create">Creates an authority.</param>
    /// <param name="rotation">Additional conditions for the rotation.</param>
    public static Authorities Advance(Authorities? stored, string trusted, DateTimeOffset now, Func<Authority> create, Rotation rotation = default)
    {
        if (stored is { Next: { } heir } && !stored.Signing.IsValid(now) && heir.IsValid(now))
        {
            return Promote(stored, heir, now); // The current authority has expired. The next one is the best replacement, because some peers already trust it.
        }

        if (stored is null || !stored.Signing.IsValid(now))
        {
            // Replicas may still serve with a certificate of the lost authority, so the currently trusted certificates stay trusted for a while.
            var former = Unexpired(trusted, now);
            return new Authorities { Signing = create(), Former = former, FormerUntil = former is null ? null : now + Retire };
        }

        if (rotation.IsRequested)
        {
            return stored with { Next = create(), NextTrustedSince = null }; // A requested rotation also replaces the next authority, since its key may be compromised too.
        }

        if (stored.Next is { } next)
        {
            var isTrusted = Contains(trusted, next) || next.CreatedAt + rotation.MaxWait <= now;
            return stored.NextTrustedSince is { } since
                ? isTrusted && since + (rotation.TrustDelay ?? TrustDelay) <= now ? Promote(stored, next, now) : stored
                : isTrusted ? stored with { NextTrustedSince = now } : stored;
        }

        if (stored.FormerUntil is { } until && until <= now && (!rotation.IsFormerUsed || until + rotation.MaxWait <= now))
        {
            return stored with { Former = null, FormerUntil = null };
        }

        var due = stored.Signing.CreatedAt + ((stored.Signing.Expires - stored.Signing.CreatedAt) * 2 / 3);
        return due <= now ? stored with { Next = create() } : stored;
    }

    private static Authorities Promote(Authorities stored, Authority next, DateTimeOffset now) => new()
    {
        Signing = next,
        Former = stored.Signing.IsValid(now) ? stored.Signing.CertificatePem : null,
        FormerUntil = stored.Signing.IsValid(now) ? now + Retire : null,
    };

    private static bool Contains(string trusted, Authority authority) => Authorities.Certificates(trusted).Any(certificate => certificate.Thumbprint == authority.Thumbprint);

    private static string? Unexpired(string trusted, DateTimeOffset now)
    {
        const int MaxFormer = 4;
        X509Certificate2[] valid = [.. Authorities.Certificates(trusted).Where(certificate => certificate.NotAfter.ToUniversalTime() > now.UtcDateTime).Take(MaxFormer)];
        return valid.Length == 0 ? null : string.Join('\n', valid.Select(certificate => certificate.ExportCertificatePem()));
    }
}
