using System.Runtime.InteropServices;

namespace MeetOperator.Native.OpenSsl;

/// <summary>
/// One DTLS association over two memory BIOs. OpenSSL's own retransmission timer reads the wall clock, so it is disabled; the
/// caller retransmits. Not thread-safe.
/// </summary>
public sealed unsafe class DtlsConnection : IDisposable
{
    private readonly SslHandle _ssl;
    private readonly nint _input;
    private readonly nint _output;
    private bool _established;

    /// <param name="context">Shared settings; must outlive this object.</param>
    /// <param name="isServer">True for the server role, which waits for a ClientHello.</param>
    /// <param name="mtuBytes">Maximum datagram size for handshake messages, in bytes.</param>
    public DtlsConnection(DtlsContext context, bool isServer, int mtuBytes)
    {
        _ssl = SslInterop.New(context.Handle);
        OpenSslException.ThrowUnless(!_ssl.IsInvalid, "SSL_new");
        _input = BioInterop.New(BioInterop.MemoryMethod());
        _output = BioInterop.New(BioInterop.MemoryMethod());
        OpenSslException.ThrowUnless(_input != 0 && _output != 0, "BIO_new");
        SslInterop.SetBio(_ssl, _input, _output); // transfers ownership of both BIOs to the SSL object
        SslInterop.Control(_ssl, SslInterop.ControlSetMtu, mtuBytes, 0);
        SslInterop.SetTimer(_ssl, &GetTimerInterval);
        if (isServer)
        {
            SslInterop.SetAcceptState(_ssl);
        }
        else
        {
            SslInterop.SetConnectState(_ssl);
        }
    }

    /// <summary>The number of the negotiated SRTP profile (RFC 5764 §4.1.2), or 0 when none was negotiated.</summary>
    public int SrtpProfile
    {
        get
        {
            var profile = SslInterop.GetSelectedSrtpProfile(_ssl);
            return profile == null ? 0 : (int)profile->Id;
        }
    }

    /// <summary>The number of the negotiated cipher suite (RFC 5246 §A.5), or 0 before the negotiation.</summary>
    public int CipherSuite
    {
        get
        {
            var cipher = SslInterop.GetCurrentCipher(_ssl);
            return cipher == 0 ? 0 : SslInterop.GetCipherNumber(cipher);
        }
    }

    /// <summary>Processes one datagram, or an empty one to start a client, until OpenSSL needs more input.</summary>
    public DtlsStep Advance(ReadOnlySpan<byte> datagram)
    {
        ErrInterop.Clear();
        if (!datagram.IsEmpty)
        {
            fixed (byte* pointer = datagram)
            {
                // A memory BIO keeps no datagram boundaries, so each call passes exactly one datagram.
                _ = BioInterop.Write(_input, pointer, datagram.Length);
            }
        }

        if (!_established)
        {
            var result = SslInterop.DoHandshake(_ssl);
            if (result != 1)
            {
                return NeedsMoreInput(result) ? DtlsStep.Handshaking : Fail();
            }

            _established = true;
        }

        return ReadToEnd();
    }

    /// <summary>Moves pending output, a series of complete DTLS records, to the buffer. Returns the number of bytes, or 0 when nothing is pending.</summary>
    public int TakeOutput(Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            return Math.Max(0, BioInterop.Read(_output, pointer, buffer.Length));
        }
    }

    public int PendingOutputBytes => (int)BioInterop.Pending(_output);

    /// <summary>Exports keying material without a context (RFC 5705). False before the handshake completes.</summary>
    public bool TryExportKeyingMaterial(ReadOnlySpan<byte> label, Span<byte> destination)
    {
        fixed (byte* labelPointer = label, pointer = destination)
        {
            return _established && SslInterop.ExportKeyingMaterial(
                _ssl, pointer, (nuint)destination.Length, labelPointer, (nuint)label.Length, null, 0, 0) == 1;
        }
    }

    /// <summary>The peer's certificate in DER, or an empty array before the handshake completes.</summary>
    public byte[] GetPeerCertificate()
    {
        var certificate = SslInterop.GetPeerCertificate(_ssl);
        if (certificate == 0)
        {
            return [];
        }

        try
        {
            var der = new byte[Math.Max(0, BioInterop.EncodeCertificate(certificate, null))];
            fixed (byte* start = der)
            {
                var end = start; // i2d_X509 advances the pointer
                _ = der.Length == 0 ? 0 : BioInterop.EncodeCertificate(certificate, &end);
            }

            return der;
        }
        finally
        {
            BioInterop.FreeCertificate(certificate);
        }
    }

    /// <summary>Adds a close_notify alert to the output. Does nothing before the handshake completes.</summary>
    public void Shutdown()
    {
        if (_established)
        {
            ErrInterop.Clear();
            _ = SslInterop.Shutdown(_ssl);
        }
    }

    public void Dispose() => _ssl.Dispose();

    /// <summary>DTLS_timer_cb: an interval of over an hour, in microseconds, so that the timer never fires.</summary>
    [UnmanagedCallersOnly]
    private static uint GetTimerInterval(nint connection, uint current) => 4_000_000_000;

    private DtlsStep ReadToEnd()
    {
        var discarded = stackalloc byte[2048];
        int result;
        do
        {
            // There is no application data protocol, so the data is discarded. Reading also processes alerts and repeated Finished messages.
            result = SslInterop.Read(_ssl, discarded, 2048);
        }
        while (result > 0);

        if ((SslInterop.GetShutdown(_ssl) & SslInterop.ReceivedShutdown) != 0)
        {
            return DtlsStep.Closed;
        }

        return NeedsMoreInput(result) ? DtlsStep.Established : Fail();
    }

    private bool NeedsMoreInput(int result) =>
        SslInterop.GetError(_ssl, result) is SslInterop.ErrorWantRead or SslInterop.ErrorWantWrite;

    private static DtlsStep Fail()
    {
        ErrInterop.Clear();
        return DtlsStep.Failed;
    }
}
