using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.NodeControl.Testing;

/// <summary>
/// A certificate authority for tests of NodeControl. Issues valid and invalid certificates of every kind. Does not share code with the operator's authority, so that
/// tests of that one are independent.
/// </summary>
public sealed class TestAuthority : IDisposable
{
    private const string Server = "1.3.6.1.5.5.7.3.1";
    private const string Client = "1.3.6.1.5.5.7.3.2";
    private static int _made;
    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=test authority {Interlocked.Increment(ref _made)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(365));
    }

    public string CertificatePem => _certificate.ExportCertificatePem();

    /// <summary>Issues the initial credentials of a media node.</summary>
    public NodeCredentials Node(string nodeNamespace, string nodeName, TimeSpan? lifetime = null) => Issue(ControlNames.OfNode(nodeNamespace, nodeName), Server, lifetime);

    /// <summary>Issues client credentials for a role.</summary>
    public NodeCredentials Caller(ControlRole role, TimeSpan? lifetime = null) => Issue(ControlNames.Of(role), Client, lifetime);

    /// <summary>Issues client credentials for any DNS name.</summary>
    public NodeCredentials Caller(string name) => Issue(name, Client, null);

    /// <summary>Creates an HTTP client of the node with the name <paramref name="host"/>. Each request uses the certificate of the role that it requires.</summary>
    public HttpClient HttpOf(string host) => HttpOf(host, Caller(ControlRole.Operator), Caller(ControlRole.Signaling));

    /// <summary>As <see cref="HttpOf(string)"/>, with the given credentials.</summary>
    public static HttpClient HttpOf(string host, NodeCredentials byOperator, NodeCredentials bySignaling) => new(new RoleHandler(host, Http(Read(byOperator)), Http(Read(bySignaling))));

    /// <summary>Creates an HTTP client with a certificate of <paramref name="role"/>.</summary>
    public HttpClient Http(ControlRole role, string? authorities = null) => Http(Read(Caller(role) with { Authorities = authorities ?? CertificatePem }));

    public static HttpClient Http(ControlCredentials credentials) => Http(() => credentials);

    /// <summary>Creates an HTTP client that reads the credentials at every handshake.</summary>
    public static HttpClient Http(Func<ControlCredentials?> credentials, TimeProvider? time = null) => new(ControlTls.Client(credentials, TimeSpan.FromSeconds(10), time ?? TimeProvider.System));

    public static ControlCredentials Read(NodeCredentials pem) =>
        ControlCredentials.TryRead(pem.Certificate, pem.Key, pem.Authorities, out var credentials, out var problem) ? credentials : throw new InvalidOperationException(problem);

    public void Dispose() => _certificate.Dispose();

    /// <param name="name">DNS name.</param>
    /// <param name="purpose">Extended key usage.</param>
    /// <param name="lifetime">Validity from now. A negative value issues an expired certificate.</param>
    private NodeCredentials Issue(string name, string purpose, TimeSpan? lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        using var issued = request.Create(_certificate, DateTimeOffset.UtcNow.AddDays(-20), DateTimeOffset.UtcNow + (lifetime ?? TimeSpan.FromDays(100)), RandomNumberGenerator.GetBytes(8));
        return new NodeCredentials { Certificate = issued.ExportCertificatePem(), Key = key.ExportPkcs8PrivateKeyPem(), Authorities = CertificatePem };
    }
}
