namespace MeetOperator.Native.OpenSsl;

/// <summary>HMAC-SHA1 with a reusable key (EVP_MAC). Call Append any number of times, then Finish. Not thread-safe.</summary>
public sealed unsafe class HmacSha1 : IDisposable
{
    public const int Length = 20;

    private readonly MacContextHandle _handle;
    private nint _context;
    private bool _started;

    public HmacSha1(ReadOnlySpan<byte> key)
    {
        var mac = EvpInterop.FetchMac(0, "HMAC", null);
        OpenSslException.ThrowUnless(mac != 0, "EVP_MAC_fetch");
        try
        {
            _handle = EvpInterop.NewMacContext(mac); // takes its own reference to the MAC
            OpenSslException.ThrowUnless(!_handle.IsInvalid, "EVP_MAC_CTX_new");
        }
        finally
        {
            EvpInterop.FreeMac(mac);
        }

        _context = _handle.DangerousGetHandle();
        fixed (byte* keyPointer = key, digestKey = "digest\0"u8, digestName = "SHA1\0"u8)
        {
            var parameters = stackalloc OsslParam[2];
            parameters[0] = new OsslParam { Key = digestKey, DataType = OsslParam.Utf8String, Data = digestName, DataSize = 4 };
            parameters[1] = default;
            OpenSslException.ThrowUnless(
                EvpInterop.InitializeMac(_context, keyPointer, (nuint)key.Length, parameters) == 1, "EVP_MAC_init");
        }
    }

    /// <summary>Starts a message with another key, at a fraction of the cost of a new context.</summary>
    public void Start(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        byte none; // with a null pointer, OpenSSL would keep the previous key
        fixed (byte* pointer = key)
        {
            OpenSslException.ThrowUnless(EvpInterop.RestartMac(_context, key.IsEmpty ? &none : pointer, (nuint)key.Length, null) == 1, "EVP_MAC_init");
        }

        _started = true;
    }

    /// <summary>Adds data to the message.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        if (!_started)
        {
            OpenSslException.ThrowUnless(EvpInterop.RestartMac(_context, null, 0, null) == 1, "EVP_MAC_init");
            _started = true;
        }

        fixed (byte* pointer = data)
        {
            OpenSslException.ThrowUnless(EvpInterop.UpdateMac(_context, pointer, (nuint)data.Length) == 1, "EVP_MAC_update");
        }

        GC.KeepAlive(this);
    }

    /// <summary>Writes the 20-byte MAC and starts a new message with the same key.</summary>
    public void Finish(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Length, nameof(destination));
        Append([]);
        nuint written;
        fixed (byte* pointer = destination)
        {
            OpenSslException.ThrowUnless(EvpInterop.FinishMac(_context, pointer, &written, Length) == 1, "EVP_MAC_final");
        }

        _started = false;
        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        _context = 0;
        _handle.Dispose();
    }
}
