using System.Runtime.InteropServices;

namespace MeetOperator.Native.OpenSsl;

/// <summary>The subset of openssl/ssl.h that DTLS 1.2 over memory BIOs needs.</summary>
internal static unsafe partial class SslInterop
{
    internal const string Library = "libssl.so.3";

    internal const int Dtls12Version = 0xFEFD;

    internal const int ControlSetMtu = 17; // SSL_CTRL_SET_MTU
    internal const int ControlMode = 33; // SSL_CTRL_MODE
    internal const int ControlSessionCacheMode = 44; // SSL_CTRL_SET_SESS_CACHE_MODE
    internal const int ControlMinimumVersion = 123; // SSL_CTRL_SET_MIN_PROTO_VERSION
    internal const int ControlMaximumVersion = 124; // SSL_CTRL_SET_MAX_PROTO_VERSION

    internal const ulong OptionNoQueryMtu = 1UL << 12;
    internal const ulong OptionNoTicket = 1UL << 14;
    internal const ulong OptionNoCompression = 1UL << 17;
    internal const ulong OptionServerPreference = 1UL << 22;
    internal const ulong OptionNoRenegotiation = 1UL << 30;

    internal const nint ModeReleaseBuffers = 0x10;

    internal const int VerifyPeer = 0x01;
    internal const int VerifyFailIfNoPeerCertificate = 0x02;

    internal const int ErrorWantRead = 2;
    internal const int ErrorWantWrite = 3;

    internal const int ReceivedShutdown = 2;

    [LibraryImport(Library, EntryPoint = "DTLS_method")]
    internal static partial nint DtlsMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    internal static partial SslContextHandle NewContext(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    internal static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl")]
    internal static partial nint ControlContext(SslContextHandle context, int command, nint argument, nint pointer);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_options")]
    internal static partial ulong SetContextOptions(SslContextHandle context, ulong options);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_cipher_list", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetCipherList(SslContextHandle context, string ciphers);

    /// <summary>Returns 0 on success, unlike the other functions.</summary>
    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_tlsext_use_srtp", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetSrtpProfiles(SslContextHandle context, string profiles);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_certificate_ASN1")]
    internal static partial int UseCertificate(SslContextHandle context, int length, byte* der);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_PrivateKey_ASN1")]
    internal static partial int UsePrivateKey(int keyType, SslContextHandle context, byte* der, nint length);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_verify")]
    internal static partial void SetVerify(SslContextHandle context, int mode, nint callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_cert_verify_callback")]
    internal static partial void SetCertificateVerifier(
        SslContextHandle context, delegate* unmanaged<nint, nint, int> callback, nint argument);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    internal static partial SslHandle New(SslContextHandle context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    internal static partial void Free(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_bio")]
    internal static partial void SetBio(SslHandle ssl, nint read, nint write);

    [LibraryImport(Library, EntryPoint = "SSL_set_accept_state")]
    internal static partial void SetAcceptState(SslHandle ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_connect_state")]
    internal static partial void SetConnectState(SslHandle ssl);

    [LibraryImport(Library, EntryPoint = "SSL_ctrl")]
    internal static partial nint Control(SslHandle ssl, int command, nint argument, nint pointer);

    [LibraryImport(Library, EntryPoint = "DTLS_set_timer_cb")]
    internal static partial void SetTimer(SslHandle ssl, delegate* unmanaged<nint, uint, uint> callback);

    [LibraryImport(Library, EntryPoint = "SSL_do_handshake")]
    internal static partial int DoHandshake(SslHandle ssl);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    internal static partial int Read(SslHandle ssl, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_shutdown")]
    internal static partial int Shutdown(SslHandle ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_shutdown")]
    internal static partial int GetShutdown(SslHandle ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    internal static partial int GetError(SslHandle ssl, int result);

    [LibraryImport(Library, EntryPoint = "SSL_export_keying_material")]
    internal static partial int ExportKeyingMaterial(
        SslHandle ssl, byte* output, nuint length, byte* label, nuint labelLength, byte* context, nuint contextLength, int useContext);

    [LibraryImport(Library, EntryPoint = "SSL_get_selected_srtp_profile")]
    internal static partial SrtpProtectionProfile* GetSelectedSrtpProfile(SslHandle ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get_current_cipher")]
    internal static partial nint GetCurrentCipher(SslHandle ssl);

    [LibraryImport(Library, EntryPoint = "SSL_CIPHER_get_protocol_id")]
    internal static partial ushort GetCipherNumber(nint cipher);

    [LibraryImport(Library, EntryPoint = "SSL_get1_peer_certificate")]
    internal static partial nint GetPeerCertificate(SslHandle ssl);

    /// <summary>ssl.h: SRTP_PROTECTION_PROFILE.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SrtpProtectionProfile
    {
        internal nint Name;
        internal nuint Id;
    }
}
