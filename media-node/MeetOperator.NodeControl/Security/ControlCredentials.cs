using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.NodeControl;

/// <summary>A certificate with its key, and the authorities whose certificates are trusted: what each side of NodeControl holds. Immutable.</summary>
public sealed class ControlCredentials
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private readonly X509Certificate2Collection _authorities;

    private ControlCredentials(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        Certificate = certificate;
        _authorities = authorities;
        Context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    /// <summary>The holder's own certificate, including its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certificate, ready for handshakes.</summary>
    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset From => new(Certificate.NotBefore.ToUniversalTime());

    public DateTimeOffset Until => new(Certificate.NotAfter.ToUniversalTime());

    /// <summary>When a new certificate is due: long before the present one ends.</summary>
    public DateTimeOffset RenewAt => From + ((Until - From) * 2 / 3);

    /// <summary>Thumbprints of the trusted authorities, in order.</summary>
    public IReadOnlyList<string> Authorities => [.. _authorities.Select(authority => authority.Thumbprint).Order(StringComparer.Ordinal)];

    /// <summary>False with what is wrong when the three PEM texts are no certificate, its key and at least one authority.</summary>
    public static bool TryRead(
        string? certificate, string? key, string? authorities, [NotNullWhen(true)] out ControlCredentials? credentials, [NotNullWhen(false)] out string? problem)
    {
        (credentials, problem) = (null, null);
        try
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPem(authorities);
            if (trusted.Count == 0)
            {
                problem = "there is no certificate of an authority";
                return false;
            }

            credentials = new ControlCredentials(X509Certificate2.CreateFromPem(certificate, key), trusted);
            return true;
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            problem = unreadable.Message;
            return false;
        }
    }

    /// <summary>Whether a media node that shows this certificate may be called; that it carries the node's name is judged by the TLS client.</summary>
    public bool TrustsServer(X509Certificate2 certificate, DateTimeOffset now) => Trusts(certificate, ServerAuthentication, now);

    /// <summary>As whom a caller with this certificate speaks; null when it is of no trusted authority, has ended, or names no role.</summary>
    public ControlRole? RoleOf(X509Certificate2 certificate, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (!Trusts(certificate, ClientAuthentication, now))
        {
            return null;
        }

        var names = DnsNames(certificate);
        ControlRole[] roles = [.. Enum.GetValues<ControlRole>().Where(role => names.Contains(ControlNames.Of(role), StringComparer.OrdinalIgnoreCase))];
        return roles is [var only] ? only : null;
    }

    /// <summary>The DNS names that a certificate is for.</summary>
    public static IReadOnlyList<string> DnsNames(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames())];
    }

    private bool Trusts(X509Certificate2 certificate, string purpose, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate);
    }
}
