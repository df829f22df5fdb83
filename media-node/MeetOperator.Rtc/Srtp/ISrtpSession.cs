namespace MeetOperator.Rtc.Srtp;

/// <summary>SRTP and SRTCP of one peer, both directions. Not thread-safe.</summary>
public interface ISrtpSession : IDisposable
{
    SrtpProfile Profile { get; }

    /// <summary>Whether the packet that was unprotected last is newer than all before it of its stream.</summary>
    bool LastWasNewest { get; }

    /// <summary>Streams that the peer has ever opened.</summary>
    int StreamsOpened { get; }

    /// <summary>Writes header, encrypted payload and tag; 0 when it does not fit or the index was used before.</summary>
    int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination);

    /// <summary>Writes the SRTCP form of a compound packet; 0 when it does not fit.</summary>
    int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination);

    /// <summary>Verifies and decrypts in place; <paramref name="length"/> is the plaintext packet's.</summary>
    SrtpStatus UnprotectRtp(Span<byte> packet, out int length);

    /// <summary>Verifies and decrypts in place; <paramref name="length"/> is the plaintext packet's.</summary>
    SrtpStatus UnprotectRtcp(Span<byte> packet, out int length);
}
