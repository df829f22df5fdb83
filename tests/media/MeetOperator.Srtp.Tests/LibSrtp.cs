using System.Runtime.InteropServices;

namespace MeetOperator.Srtp.Tests;

/// <summary>The system's libsrtp2, an independent implementation for comparison.</summary>
internal sealed unsafe partial class LibSrtp : IDisposable
{
    private const string Library = "libsrtp2.so.1";
    private const int AnyInbound = 2;
    private const int AnyOutbound = 3;

    private static readonly Lazy<int> Initialized = new(Initialize);

    private readonly nint _session;

    internal LibSrtp(SrtpKeys keys, bool outbound)
    {
        Assert.Equal(0, Initialized.Value);
        var material = keys.MasterKey.Concat(keys.MasterSalt).ToArray();
        fixed (byte* key = material)
        {
            var policy = new Policy { SsrcType = outbound ? AnyOutbound : AnyInbound, Key = key, WindowSize = 1024 };
            if (keys.Profile == SrtpProfile.AeadAes128Gcm)
            {
                SetGcm(&policy.Rtp);
                SetGcm(&policy.Rtcp);
            }
            else
            {
                SetDefault(&policy.Rtp);
                SetDefault(&policy.Rtcp);
            }

            nint created;
            Assert.Equal(0, Create(&created, &policy));
            _session = created;
        }
    }

    private delegate int Operation(nint session, byte* packet, int* length);

    public void Dispose() => Assert.Equal(0, Deallocate(_session));

    internal byte[]? ProtectRtp(ReadOnlySpan<byte> packet) => Run(packet, Protect);

    internal byte[]? UnprotectRtp(ReadOnlySpan<byte> packet) => Run(packet, Unprotect);

    internal byte[]? ProtectRtcp(ReadOnlySpan<byte> packet) => Run(packet, ProtectControl);

    internal byte[]? UnprotectRtcp(ReadOnlySpan<byte> packet) => Run(packet, UnprotectControl);

    private byte[]? Run(ReadOnlySpan<byte> packet, Operation operation)
    {
        var buffer = new byte[packet.Length + 256];
        packet.CopyTo(buffer);
        var length = packet.Length;
        fixed (byte* pointer = buffer)
        {
            return operation(_session, pointer, &length) == 0 ? buffer[..length] : null;
        }
    }

    [LibraryImport(Library, EntryPoint = "srtp_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "srtp_create")]
    private static partial int Create(nint* session, Policy* policy);

    [LibraryImport(Library, EntryPoint = "srtp_dealloc")]
    private static partial int Deallocate(nint session);

    [LibraryImport(Library, EntryPoint = "srtp_protect")]
    private static partial int Protect(nint session, byte* packet, int* length);

    [LibraryImport(Library, EntryPoint = "srtp_unprotect")]
    private static partial int Unprotect(nint session, byte* packet, int* length);

    [LibraryImport(Library, EntryPoint = "srtp_protect_rtcp")]
    private static partial int ProtectControl(nint session, byte* packet, int* length);

    [LibraryImport(Library, EntryPoint = "srtp_unprotect_rtcp")]
    private static partial int UnprotectControl(nint session, byte* packet, int* length);

    [LibraryImport(Library, EntryPoint = "srtp_crypto_policy_set_aes_gcm_128_16_auth")]
    private static partial void SetGcm(CryptoPolicy* policy);

    [LibraryImport(Library, EntryPoint = "srtp_crypto_policy_set_rtp_default")]
    private static partial void SetDefault(CryptoPolicy* policy);

    [StructLayout(LayoutKind.Sequential)]
    private struct CryptoPolicy
    {
        internal uint CipherType;
        internal int CipherKeyLength;
        internal uint AuthType;
        internal int AuthKeyLength;
        internal int AuthTagLength;
        internal int Services;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Policy
    {
        internal int SsrcType;
        internal uint Ssrc;
        internal CryptoPolicy Rtp;
        internal CryptoPolicy Rtcp;
        internal byte* Key;
        internal nint Keys;
        internal nuint MasterKeys;
        internal nint Deprecated;
        internal nuint WindowSize;
        internal int AllowRepeat;
        internal nint EncryptedExtensions;
        internal int EncryptedExtensionCount;
        internal nint Next;
    }
}
