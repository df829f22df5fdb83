using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Native.OpenSsl;

namespace MeetOperator.Rtc.Dtls;

/// <summary>A self-signed ECDSA P-256 certificate. Every process generates its own and never stores it.</summary>
public sealed class DtlsCertificate : IDisposable
{
    /// <summary>
    /// Only AEAD suites with forward secrecy. The ECDSA suites are for the local certificate, the RSA suites for remote servers.
    /// </summary>
    private const string Ciphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
        + "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";

    /// <summary>GCM first: it costs less than half of CM80 (RFC 7714 §14.2, RFC 5764 §4.1.2).</summary>
    private const string SrtpProfiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

    private DtlsCertificate(byte[] certificate, ReadOnlySpan<byte> privateKey, string srtpProfiles)
    {
        Context = new DtlsContext(certificate, privateKey, Ciphers, srtpProfiles);
        Fingerprint = Fingerprint.OfCertificate(certificate);
    }

    /// <summary>The fingerprint for SDP.</summary>
    public Fingerprint Fingerprint { get; }

    /// <summary>The settings that all associations with this certificate share.</summary>
    internal DtlsContext Context { get; }

    /// <summary>Generates a key and a certificate. The subject name has no meaning because peers compare only the fingerprint.</summary>
    public static DtlsCertificate Generate(TimeProvider? clock = null) => Generate(clock, SrtpProfiles);

    public void Dispose() => Context.Dispose();

    /// <summary>For tests that need a peer with other SRTP profiles.</summary>
    internal static DtlsCertificate Generate(TimeProvider? clock, string srtpProfiles)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=WebRTC", key, HashAlgorithmName.SHA256);
        var now = (clock ?? TimeProvider.System).GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        var privateKey = key.ExportPkcs8PrivateKey();
        try
        {
            return new DtlsCertificate(certificate.RawData, privateKey, srtpProfiles);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }
}
