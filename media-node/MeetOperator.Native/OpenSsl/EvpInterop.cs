using System.Runtime.InteropServices;

namespace MeetOperator.Native.OpenSsl;

/// <summary>openssl/evp.h: ciphers and message authentication with reusable contexts.</summary>
/// <remarks>
/// Calls that take well under a microsecond skip the GC transition. They take raw pointers because a safe handle would
/// cost two interlocked operations for each call on the packet path.
/// </remarks>
internal static unsafe partial class EvpInterop
{
    internal const string Library = "libcrypto.so.3";

    internal const int ControlGetTag = 0x10; // EVP_CTRL_AEAD_GET_TAG
    internal const int ControlSetTag = 0x11; // EVP_CTRL_AEAD_SET_TAG

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_new")]
    internal static partial CipherContextHandle NewCipherContext();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_free")]
    internal static partial void FreeCipherContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_aes_128_gcm")]
    internal static partial nint Aes128Gcm();

    [LibraryImport(Library, EntryPoint = "EVP_aes_128_ctr")]
    internal static partial nint Aes128Ctr();

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex")]
    internal static partial int InitializeCipher(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex")]
    [SuppressGCTransition]
    internal static partial int SetIv(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    [SuppressGCTransition]
    internal static partial int Update(nint context, byte* output, int* written, byte* input, int length);

    [LibraryImport(Library, EntryPoint = "EVP_CipherFinal_ex")]
    [SuppressGCTransition]
    internal static partial int Final(nint context, byte* output, int* written);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    [SuppressGCTransition]
    internal static partial int Control(nint context, int type, int argument, void* pointer);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_fetch", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint FetchMac(nint libraryContext, string algorithm, string? properties);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_free")]
    internal static partial void FreeMac(nint mac);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_CTX_new")]
    internal static partial MacContextHandle NewMacContext(nint mac);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_CTX_free")]
    internal static partial void FreeMacContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_init")]
    internal static partial int InitializeMac(nint context, byte* key, nuint keyLength, OsslParam* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_init")]
    [SuppressGCTransition]
    internal static partial int RestartMac(nint context, byte* key, nuint keyLength, OsslParam* parameters);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_update")]
    [SuppressGCTransition]
    internal static partial int UpdateMac(nint context, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_MAC_final")]
    [SuppressGCTransition]
    internal static partial int FinishMac(nint context, byte* output, nuint* written, nuint capacity);
}
