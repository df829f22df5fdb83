using System.Runtime.InteropServices;

namespace MeetOperator.Native.OpenSsl;

/// <summary>
/// Settings shared by many DTLS associations (SSL_CTX): version, ciphers, local certificate. Safe to use from several
/// threads after construction.
/// </summary>
public sealed unsafe class DtlsContext : IDisposable
{
    private const int KeyTypeEc = 408; // EVP_PKEY_EC

    /// <param name="certificate">The local certificate in DER.</param>
    /// <param name="privateKey">Its EC key in PKCS#8 DER.</param>
    /// <param name="ciphers">OpenSSL cipher list.</param>
    /// <param name="srtpProfiles">OpenSSL names of SRTP profiles in order of preference, separated by colons.</param>
    public DtlsContext(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> privateKey, string ciphers, string srtpProfiles)
    {
        Handle = SslInterop.NewContext(SslInterop.DtlsMethod());
        OpenSslException.ThrowUnless(!Handle.IsInvalid, "SSL_CTX_new");
        Require(SslInterop.ControlContext(Handle, SslInterop.ControlMinimumVersion, SslInterop.Dtls12Version, 0) == 1, "SSL_CTX_set_min_proto_version");
        Require(SslInterop.ControlContext(Handle, SslInterop.ControlMaximumVersion, SslInterop.Dtls12Version, 0) == 1, "SSL_CTX_set_max_proto_version");
        SslInterop.SetContextOptions(
            Handle,
            SslInterop.OptionNoQueryMtu | SslInterop.OptionNoTicket | SslInterop.OptionNoCompression
                | SslInterop.OptionServerPreference | SslInterop.OptionNoRenegotiation);
        SslInterop.ControlContext(Handle, SslInterop.ControlSessionCacheMode, 0, 0);
        SslInterop.ControlContext(Handle, SslInterop.ControlMode, SslInterop.ModeReleaseBuffers, 0);
        Require(SslInterop.SetCipherList(Handle, ciphers) == 1, "SSL_CTX_set_cipher_list");
        Require(SslInterop.SetSrtpProfiles(Handle, srtpProfiles) == 0, "SSL_CTX_set_tlsext_use_srtp");
        fixed (byte* certificatePointer = certificate, keyPointer = privateKey)
        {
            Require(SslInterop.UseCertificate(Handle, certificate.Length, certificatePointer) == 1, "SSL_CTX_use_certificate_ASN1");
            Require(SslInterop.UsePrivateKey(KeyTypeEc, Handle, keyPointer, privateKey.Length) == 1, "SSL_CTX_use_PrivateKey_ASN1");
        }

        // WebRTC certificates are self-signed. The fingerprint check after the handshake authenticates the peer.
        SslInterop.SetVerify(Handle, SslInterop.VerifyPeer | SslInterop.VerifyFailIfNoPeerCertificate, 0);
        SslInterop.SetCertificateVerifier(Handle, &AcceptCertificate, 0);
    }

    internal SslContextHandle Handle { get; }

    public void Dispose() => Handle.Dispose();

    [UnmanagedCallersOnly]
    private static int AcceptCertificate(nint store, nint argument) => 1;

    private static void Require(bool succeeded, string function) => OpenSslException.ThrowUnless(succeeded, function);
}
