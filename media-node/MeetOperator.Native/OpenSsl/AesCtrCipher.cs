namespace MeetOperator.Native.OpenSsl;

/// <summary>AES-128 in counter mode with a reusable key. Encryption and decryption are the same operation. Not thread-safe.</summary>
public sealed unsafe class AesCtrCipher : IDisposable
{
    public const int KeyLength = 16;
    public const int IvLength = 16;

    private readonly CipherContextHandle _handle;
    private nint _context;

    public AesCtrCipher(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyLength, nameof(key));
        _handle = EvpInterop.NewCipherContext();
        OpenSslException.ThrowUnless(!_handle.IsInvalid, "EVP_CIPHER_CTX_new");
        _context = _handle.DangerousGetHandle();
        fixed (byte* keyPointer = key)
        {
            var result = EvpInterop.InitializeCipher(_context, EvpInterop.Aes128Ctr(), 0, keyPointer, null, 1);
            OpenSslException.ThrowUnless(result == 1, "EVP_CipherInit_ex");
        }
    }

    /// <summary>
    /// Applies the key stream that starts at the 16-byte counter block. Source and destination may be the same memory. False for invalid lengths.
    /// </summary>
    public bool Transform(ReadOnlySpan<byte> iv, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (iv.Length != IvLength || destination.Length < source.Length)
        {
            return false;
        }

        ObjectDisposedException.ThrowIf(_context == 0, this);
        int written;
        fixed (byte* ivPointer = iv, input = source, output = destination)
        {
            var transformed = EvpInterop.SetIv(_context, 0, 0, null, ivPointer, -1) == 1
                && (source.IsEmpty || EvpInterop.Update(_context, output, &written, input, source.Length) == 1);
            GC.KeepAlive(this);
            return transformed;
        }
    }

    public void Dispose()
    {
        _context = 0;
        _handle.Dispose();
    }
}
