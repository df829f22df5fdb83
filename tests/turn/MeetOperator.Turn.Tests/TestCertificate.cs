using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Turn.Tests;

/// <summary>A certificate for TLS as an administrator would have it: a chain of two, and the key.</summary>
internal sealed record TestCertificate(string Chain, string Key)
{
    /// <param name="name">Common name and DNS name.</param>
    /// <param name="from">Beginning of the validity, from now.</param>
    /// <param name="until">End of the validity, from now.</param>
    /// <param name="rsaBits">Size of an RSA key; 0 for an elliptic curve.</param>
    public static TestCertificate Create(string name, TimeSpan? from = null, TimeSpan? until = null, int rsaBits = 0)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var issuer = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-300), DateTimeOffset.UtcNow.AddDays(300));
        using var rsa = rsaBits == 0 ? null : RSA.Create(rsaBits);
        using var ec = rsaBits == 0 ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        var request = rsa is null ? new CertificateRequest($"CN={name}", ec!, HashAlgorithmName.SHA256) : new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), DateTimeOffset.UtcNow + (from ?? TimeSpan.FromDays(-1)), DateTimeOffset.UtcNow + (until ?? TimeSpan.FromDays(90)), RandomNumberGenerator.GetBytes(8));
        return new TestCertificate($"{issued.ExportCertificatePem()}\n{issuer.ExportCertificatePem()}\n", rsa?.ExportRSAPrivateKeyPem() ?? ec!.ExportECPrivateKeyPem());
    }
}
