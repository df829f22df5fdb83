using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>The server's token and certificate. With a data directory both survive restarts, so an exported kubeconfig stays valid.</summary>
internal sealed class ServerIdentity(string token, X509Certificate2 certificate) : IDisposable
{
    private const string TokenFile = "token";
    private const string CertificateFile = "server.pem";

    public string Token { get; } = token;

    /// <summary>Self-signed, for the loopback addresses only.</summary>
    public X509Certificate2 Certificate { get; } = certificate;

    public static ServerIdentity Load(string? directory, string? token, DateTimeOffset now)
    {
        if (directory is null)
        {
            return new ServerIdentity(token ?? NewToken(), NewCertificate(now));
        }

        PrivateFiles.CreateDirectory(directory);
        var tokenPath = Path.Combine(directory, TokenFile);
        token ??= File.Exists(tokenPath) && File.ReadAllText(tokenPath).Trim() is { Length: > 0 } kept ? kept : NewToken();
        PrivateFiles.Write(tokenPath, token);
        var certificatePath = Path.Combine(directory, CertificateFile);
        if (File.Exists(certificatePath))
        {
            var certificate = Read(certificatePath);
            if (certificate.NotAfter > now.AddDays(30).LocalDateTime)
            {
                return new ServerIdentity(token, certificate);
            }

            certificate.Dispose();
        }

        var created = NewCertificate(now);
        PrivateFiles.Write(certificatePath, created.ExportCertificatePem() + "\n" + created.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n");
        return new ServerIdentity(token, created);
    }

    public void Dispose() => Certificate.Dispose();

    private static X509Certificate2 Read(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path, path);
        }
        catch (CryptographicException e)
        {
            throw new IOException(
                $"{path} does not contain a valid certificate and key of the API server: {e.Message} Restore the file, or delete it to generate a new certificate. After that, copy the kubeconfig again to wherever it is used.", e);
        }
    }

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static X509Certificate2 NewCertificate(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=embedded-kubernetes-api", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
    }
}
