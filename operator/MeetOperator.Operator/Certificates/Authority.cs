using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Operator.Certificates;

/// <summary>The operator's own certificate authority (ECDSA P-256), which signs only certificates of the installation's components.</summary>
internal sealed class Authority : IDisposable
{
    /// <summary>Tolerance for the clocks of peers that validate the certificates. Backdating certificates grants no additional permissions.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromDays(1);
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private readonly X509Certificate2 _certificate;

    private Authority(X509Certificate2 certificate) => _certificate = certificate;

    public string CertificatePem => _certificate.ExportCertificatePem();

    public string Thumbprint => _certificate.Thumbprint;

    public DateTimeOffset CreatedAt => NotBefore + Skew;

    public DateTimeOffset Expires => new(_certificate.NotAfter.ToUniversalTime());

    /// <summary>False after it has expired, and for an authority that was created with a clock far ahead.</summary>
    public bool IsValid(DateTimeOffset now) => NotBefore <= now && now < Expires;

    private DateTimeOffset NotBefore => new(_certificate.NotBefore.ToUniversalTime());

    public static Authority Create(string name, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        // Each authority has its own subject, so that the two certificates in a bundle cannot be confused.
        var subject = new X500DistinguishedName($"CN={name} {now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}");
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new Authority(request.CreateSelfSigned(now - Skew, now + lifetime));
    }

    /// <summary>Returns null when the texts are not a matching certificate and key as created by <see cref="Create"/>.</summary>
    public static Authority? TryRead(string? certificatePem, string? keyPem)
    {
        if (certificatePem is null || keyPem is null)
        {
            return null;
        }

        try
        {
            var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            using var key = certificate.GetECDsaPrivateKey();
            return key is not null && certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority) ? new Authority(certificate) : null;
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    public string ExportKeyPem()
    {
        using var key = _certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    public string Subject => _certificate.Subject;

    /// <summary>Issues a serving certificate with its key.</summary>
    public X509Certificate2 Issue(IReadOnlyList<string> dnsNames, DateTimeOffset now, TimeSpan lifetime) => Issue(dnsNames, ServerAuthentication, now, lifetime);

    /// <summary>Issues a client certificate with its key.</summary>
    public X509Certificate2 IssueClient(string dnsName, DateTimeOffset now, TimeSpan lifetime) => Issue([dnsName], ClientAuthentication, now, lifetime);

    private X509Certificate2 Issue(IReadOnlyList<string> dnsNames, string purpose, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(dnsNames[0].Length <= 64 ? $"CN={dnsNames[0]}" : "CN=meet"), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames)
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var (from, until) = (now - Skew, now + lifetime);

        // Keeps the validity period non-empty, whatever the clock shows.
        using var bare = request.Create(_certificate, from > NotBefore && from < Expires ? from : NotBefore, until < Expires ? until : Expires, Serial());
        return bare.CopyWithPrivateKey(key);
    }

    public void Dispose() => _certificate.Dispose();

    /// <summary>RFC 5280 §4.1.2.2: positive and unpredictable.</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x7F | 0x01);
        return serial;
    }
}
