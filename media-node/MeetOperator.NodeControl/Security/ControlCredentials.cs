using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.NodeControl.Security;

/// <summary>The credentials of one side of NodeControl: a certificate with its private key, and the trusted certificate authorities. Immutable.</summary>
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

    /// <summary>The certificate prepared for TLS handshakes.</summary>
    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset ValidFrom => new(Certificate.NotBefore.ToUniversalTime());

    public DateTimeOffset ValidUntil => new(Certificate.NotAfter.ToUniversalTime());

    /// <summary>When to renew the certificate: after two thirds of its lifetime.</summary>
    public DateTimeOffset RenewAt => ValidFrom + ((ValidUntil - ValidFrom) * 2 / 3);

    /// <summary>Thumbprints of the trusted certificate authorities, sorted.</summary>
    public IReadOnlyList<string> Authorities => [.. _authorities.Select(authority => authority.Thumbprint).Order(StringComparer.Ordinal)];

    /// <summary>
    /// Parses three PEM texts: a certificate, its private key, and at least one certificate authority. Returns false and sets
    /// <paramref name="problem"/> when that fails.
    /// </summary>
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
                problem = "it contains no CA certificate";
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

    /// <summary>Whether a trusted authority issued this certificate as a server certificate. The TLS client checks the DNS name.</summary>
    public bool TrustsServer(X509Certificate2 certificate, DateTimeOffset now) => Trusts(certificate, ServerAuthentication, now);

    /// <summary>The role of a client with this certificate. Null when no trusted authority issued it, it has expired, or it does not name exactly one role.</summary>
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

    /// <summary>The DNS names in the certificate's subject alternative name extension.</summary>
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
