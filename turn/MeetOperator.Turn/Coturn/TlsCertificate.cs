using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Turn.Coturn;

/// <summary>A certificate for TLS with its private key, checked, and written anew, so that coturn reads nothing that was not checked. Immutable.</summary>
internal sealed class TlsCertificate
{
    private const int MaxLength = 64 * 1024;
    private const int MinRsaBits = 2048;
    private readonly string _pem;

    private TlsCertificate(string pem, DateTimeOffset validUntil) => (_pem, ValidUntil) = (pem, validUntil);

    public DateTimeOffset ValidUntil { get; }

    /// <summary>A certificate for the time until the operator gives one. No client accepts it.</summary>
    public static TlsCertificate Placeholder(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=placeholder", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return new TlsCertificate(certificate.ExportCertificatePem() + '\n' + key.ExportPkcs8PrivateKeyPem() + '\n', now.AddDays(1));
    }

    /// <summary>Reads PEM texts: the certificate, followed by those of the authorities that the client needs, and its private key. Returns false with the reason when they are of no use.</summary>
    public static bool TryRead(string? chain, string? key, DateTimeOffset now, [NotNullWhen(true)] out TlsCertificate? certificate, [NotNullWhen(false)] out string? problem)
    {
        (certificate, problem) = (null, null);
        if (chain is null || key is null)
        {
            problem = "certificate: certificate and privateKey belong together, and one is missing";
        }
        else if (chain.Length > MaxLength || key.Length > MaxLength)
        {
            problem = $"certificate: certificate and privateKey have at most {MaxLength} characters each";
        }
        else
        {
            certificate = Read(chain, key, now, out problem);
        }

        return certificate is not null;
    }

    /// <summary>Writes it to a file that only this user can read, in place of an earlier one.</summary>
    public void Write(string path)
    {
        var next = $"{path}.new";
        File.Delete(next);
        using (var writer = new StreamWriter(next, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            writer.Write(_pem);
        }

        File.Move(next, path, overwrite: true);
    }

    private static TlsCertificate? Read(string chain, string key, DateTimeOffset now, out string? problem)
    {
        problem = null;
        try
        {
            using var own = X509Certificate2.CreateFromPem(chain, key); // throws if they do not match
            var all = new X509Certificate2Collection();
            all.ImportFromPem(chain);
            using var rsa = own.GetRSAPrivateKey();
            using var ec = own.GetECDsaPrivateKey();
            var validUntil = new DateTimeOffset(own.NotAfter.ToUniversalTime());
            if (rsa is null && ec is null)
            {
                problem = "certificate: its key must be of RSA or an elliptic curve";
            }
            else if (rsa?.KeySize < MinRsaBits)
            {
                problem = $"certificate: its RSA key must have {MinRsaBits} bits or more";
            }
            else if (validUntil <= now)
            {
                problem = $"certificate: it expired at {validUntil:u}";
            }
            else if (own.NotBefore.ToUniversalTime() > now.UtcDateTime)
            {
                problem = $"certificate: it is not valid before {own.NotBefore.ToUniversalTime():u}";
            }
            else
            {
                return new TlsCertificate(all.ExportCertificatePems() + '\n' + (rsa?.ExportPkcs8PrivateKeyPem() ?? ec!.ExportPkcs8PrivateKeyPem()) + '\n', validUntil);
            }
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            problem = $"certificate: certificate and privateKey cannot be used together: {unreadable.Message}";
        }

        return null;
    }
}
