using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Operator.Webhook.Certificates;

/// <summary>A certificate that the webhook serves with, ready for handshakes.</summary>
internal sealed class ServingCertificate
{
    /// <param name="certificate">With its private key.</param>
    /// <param name="intermediates">What is sent besides it.</param>
    /// <param name="origin">What it was made from; another origin means another certificate.</param>
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
