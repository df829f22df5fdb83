namespace MeetOperator.Native.OpenSsl;

/// <summary>
/// AES-128-GCM for one direction with one key. The context and its key schedule are reused; only the IV changes between
/// calls. Not thread-safe.
/// </summary>
public sealed unsafe class AesGcmCipher : IDisposable
{
    public const int KeyLength = 16;
    public const int IvLength = 12;
    public const int TagLength = 16;

    private readonly CipherContextHandle _handle;
    private nint _context;

    /// <param name="key">16 bytes.</param>
    /// <param name="encrypt">True for a context that encrypts (<see cref="Seal"/>), false for one that decrypts (<see cref="Open"/>).</param>
    public AesGcmCipher(ReadOnlySpan<byte> key, bool encrypt)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyLength, nameof(key));
        _handle = EvpInterop.NewCipherContext();
        OpenSslException.ThrowUnless(!_handle.IsInvalid, "EVP_CIPHER_CTX_new");
        _context = _handle.DangerousGetHandle();
        fixed (byte* keyPointer = key)
        {
            var result = EvpInterop.InitializeCipher(_context, EvpInterop.Aes128Gcm(), 0, keyPointer, null, encrypt ? 1 : 0);
            OpenSslException.ThrowUnless(result == 1, "EVP_CipherInit_ex");
        }
    }

    /// <summary>
    /// Encrypts into <paramref name="destination"/>: the ciphertext, which is as long as the plaintext, then the tag. Plaintext and
    /// destination may be the same memory.
    /// </summary>
    /// <returns>False for invalid lengths or an OpenSSL error.</returns>
    public bool Seal(
        ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        if (iv.Length != IvLength || destination.Length < plaintext.Length + TagLength)
        {
            return false;
        }

        ObjectDisposedException.ThrowIf(_context == 0, this);
        int written;
        fixed (byte* ivPointer = iv, aad = associatedData, source = plaintext, target = destination)
        {
            var sealedAll = EvpInterop.SetIv(_context, 0, 0, null, ivPointer, -1) == 1
                && EvpInterop.Update(_context, null, &written, aad, associatedData.Length) == 1
                && (plaintext.IsEmpty || EvpInterop.Update(_context, target, &written, source, plaintext.Length) == 1)
                && EvpInterop.Final(_context, target + plaintext.Length, &written) == 1
                && EvpInterop.Control(_context, EvpInterop.ControlGetTag, TagLength, target + plaintext.Length) == 1;
            GC.KeepAlive(this);
            return sealedAll;
        }
    }

    /// <summary>
    /// Verifies the tag that follows the ciphertext and decrypts. Ciphertext and destination may be the same memory. When the
    /// method returns false, the content of the destination is undefined.
    /// </summary>
    public bool Open(
        ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> ciphertextAndTag, Span<byte> destination)
    {
        var length = ciphertextAndTag.Length - TagLength;
        if (iv.Length != IvLength || length < 0 || destination.Length < length)
        {
            return false;
        }

        ObjectDisposedException.ThrowIf(_context == 0, this);
        int written;
        byte unused;
        fixed (byte* ivPointer = iv, aad = associatedData, source = ciphertextAndTag, target = destination)
        {
            var opened = EvpInterop.SetIv(_context, 0, 0, null, ivPointer, -1) == 1
                && EvpInterop.Control(_context, EvpInterop.ControlSetTag, TagLength, source + length) == 1
                && EvpInterop.Update(_context, null, &written, aad, associatedData.Length) == 1
                && (length == 0 || EvpInterop.Update(_context, target, &written, source, length) == 1)
                && EvpInterop.Final(_context, &unused, &written) == 1;
            GC.KeepAlive(this);
            return opened;
        }
    }

    public void Dispose()
    {
        _context = 0;
        _handle.Dispose();
    }
}
