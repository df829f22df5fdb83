using System.Runtime.InteropServices;

namespace MeetOperator.Native.OpenSsl;

/// <summary>
/// One DTLS association over two memory BIOs. OpenSSL's own timer reads the wall clock, so it is put out of reach:
/// whoever drives this object retransmits. Not thread-safe.
/// </summary>
public sealed unsafe class DtlsConnection : IDisposable
{
    private readonly SslHandle ssl;
    private readonly nint input;
    private readonly nint output;
    private bool established;

    /// <param name="context">Shared settings; must outlive this object.</param>
    /// <param name="isServer">True to wait for a ClientHello.</param>
    /// <param name="mtuBytes">Largest datagram that handshake messages are cut to.</param>
    public DtlsConnection(DtlsContext context, bool isServer, int mtuBytes)
    {
        ssl = SslInterop.New(context.Handle);
        OpenSslException.ThrowUnless(!ssl.IsInvalid, "SSL_new");
        input = BioInterop.New(BioInterop.MemoryMethod());
        output = BioInterop.New(BioInterop.MemoryMethod());
        OpenSslException.ThrowUnless(input != 0 && output != 0, "BIO_new");
        SslInterop.SetBio(ssl, input, output); // the SSL owns them now
        SslInterop.Control(ssl, SslInterop.ControlSetMtu, mtuBytes, 0);
        SslInterop.SetTimer(ssl, &Never);
        if (isServer)
        {
            SslInterop.SetAcceptState(ssl);
        }
        else
        {
            SslInterop.SetConnectState(ssl);
        }
    }

    /// <summary>OpenSSL's reason for <see cref="DtlsStep.Failed"/>.</summary>
    public string? Error { get; private set; }

    /// <summary>The number of the negotiated SRTP profile (RFC 5764 §4.1.2), 0 when there is none.</summary>
    public int SrtpProfile
    {
        get
        {
            var profile = SslInterop.GetSelectedSrtpProfile(ssl);
            return profile == null ? 0 : (int)profile->Id;
        }
    }

    /// <summary>The number of the negotiated cipher suite (RFC 5246 §A.5), 0 when there is none yet.</summary>
    public int CipherSuite
    {
        get
        {
            var cipher = SslInterop.GetCurrentCipher(ssl);
            return cipher == 0 ? 0 : SslInterop.GetCipherNumber(cipher);
        }
    }

    /// <summary>Gives one datagram, or none to start a client, and works until OpenSSL wants more.</summary>
    public DtlsStep Advance(ReadOnlySpan<byte> datagram)
    {
        ErrInterop.Clear();
        if (!datagram.IsEmpty)
        {
            fixed (byte* pointer = datagram)
            {
                // One datagram at a time: the BIO keeps no boundaries, OpenSSL reads all that is there.
                _ = BioInterop.Write(input, pointer, datagram.Length);
            }
        }

        if (!established)
        {
            var result = SslInterop.DoHandshake(ssl);
            if (result != 1)
            {
                return WantsMore(result) ? DtlsStep.Handshaking : Fail();
            }

            established = true;
        }

        return ReadToEnd();
    }

    /// <summary>Takes what OpenSSL wants sent: a series of whole DTLS records. Returns 0 when there is nothing.</summary>
    public int TakeOutput(Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            return Math.Max(0, BioInterop.Read(output, pointer, buffer.Length));
        }
    }

    public int PendingOutputBytes => (int)BioInterop.Pending(output);

    /// <summary>RFC 5705 exporter without a context.</summary>
    public bool TryExportKeyingMaterial(ReadOnlySpan<byte> label, Span<byte> destination)
    {
        fixed (byte* labelPointer = label, pointer = destination)
        {
            return established && SslInterop.ExportKeyingMaterial(
                ssl, pointer, (nuint)destination.Length, labelPointer, (nuint)label.Length, null, 0, 0) == 1;
        }
    }

    /// <summary>The peer's certificate in DER; empty before the handshake is complete.</summary>
    public byte[] GetPeerCertificate()
    {
        var certificate = SslInterop.GetPeerCertificate(ssl);
        if (certificate == 0)
        {
            return [];
        }

        try
        {
            var der = new byte[Math.Max(0, BioInterop.EncodeCertificate(certificate, null))];
            fixed (byte* start = der)
            {
                var end = start; // i2d moves the pointer
                _ = der.Length == 0 ? 0 : BioInterop.EncodeCertificate(certificate, &end);
            }

            return der;
        }
        finally
        {
            BioInterop.FreeCertificate(certificate);
        }
    }

    /// <summary>Puts a close_notify in the output.</summary>
    public void Shutdown()
    {
        if (established)
        {
            ErrInterop.Clear();
            _ = SslInterop.Shutdown(ssl);
        }
    }

    public void Dispose() => ssl.Dispose();

    /// <summary>DTLS_timer_cb: over an hour, in microseconds.</summary>
    [UnmanagedCallersOnly]
    private static uint Never(nint connection, uint current) => 4_000_000_000;

    private DtlsStep ReadToEnd()
    {
        var discarded = stackalloc byte[2048];
        int result;
        do
        {
            // Application data has no meaning yet; alerts and repeated Finished messages are worked off on the way.
            result = SslInterop.Read(ssl, discarded, 2048);
        }
        while (result > 0);

        if ((SslInterop.GetShutdown(ssl) & SslInterop.ReceivedShutdown) != 0)
        {
            return DtlsStep.Closed;
        }

        return WantsMore(result) ? DtlsStep.Established : Fail();
    }

    private bool WantsMore(int result) =>
        SslInterop.GetError(ssl, result) is SslInterop.ErrorWantRead or SslInterop.ErrorWantWrite;

    private DtlsStep Fail()
    {
        Error = ErrInterop.TakeReason();
        return DtlsStep.Failed;
    }
}
