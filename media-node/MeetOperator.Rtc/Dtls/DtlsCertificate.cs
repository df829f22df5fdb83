using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeetOperator.Rtc.Dtls;

/// <summary>A self-signed ECDSA P-256 certificate, made anew by every process and never written anywhere.</summary>
public sealed class DtlsCertificate : IDisposable
{
    private DtlsCertificate(byte[] certificate, byte[] privateKey)
    {
        Certificate = certificate;
        PrivateKey = privateKey;
        Fingerprint = Fingerprint.OfCertificate(certificate);
    }

    /// <summary>What SDP names.</summary>
    public Fingerprint Fingerprint { get; }

    /// <summary>The certificate in DER.</summary>
    internal byte[] Certificate { get; }

    /// <summary>The key in PKCS#8 DER.</summary>
    internal byte[] PrivateKey { get; }

    /// <summary>Makes a key and a certificate. The name says nothing: peers compare the fingerprint only.</summary>
    public static DtlsCertificate Generate(TimeProvider? clock = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=WebRTC", key, HashAlgorithmName.SHA256);
        var now = (clock ?? TimeProvider.System).GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return new DtlsCertificate(certificate.RawData, key.ExportPkcs8PrivateKey());
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(PrivateKey);
}
