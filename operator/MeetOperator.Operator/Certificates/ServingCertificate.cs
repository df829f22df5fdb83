using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Operator.Certificates;

/// <summary>A serving certificate of the webhook, prepared for TLS handshakes.</summary>
internal sealed class ServingCertificate
{
    /// <param name="certificate">The certificate with its private key.</param>
    /// <param name="intermediates">Certificates to send in addition.</param>
    /// <param name="origin">Identifies the source of the certificate; another origin means another certificate.</param>
    public ServingCertificate(X509Certificate2 certificate, X509Certificate2Collection intermediates, string origin)
    {
        Certificate = certificate;
        Intermediates = intermediates;
        Origin = origin;
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    public X509Certificate2 Certificate { get; }
    public X509Certificate2Collection Intermediates { get; }
    public string Origin { get; }
    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset From => new(Certificate.NotBefore.ToUniversalTime());

    public DateTimeOffset Expires => new(Certificate.NotAfter.ToUniversalTime());
}
