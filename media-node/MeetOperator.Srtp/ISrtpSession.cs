namespace MeetOperator.Srtp;

/// <summary>SRTP and SRTCP of one peer in both directions. Not thread-safe.</summary>
public interface ISrtpSession : IDisposable
{
    /// <summary>The negotiated profile; null when packets are not encrypted here.</summary>
    SrtpProfile? Profile { get; }

    /// <summary>Whether the last unprotected packet is the newest packet of its stream.</summary>
    bool IsNewestPacket { get; }

    /// <summary>The number of times that the peer opened a stream, including streams that it reopened.</summary>
    int StreamsOpened { get; }

    /// <summary>Writes header, encrypted payload and tag. Returns the length, or 0 when the packet does not fit or its index was used before.</summary>
    int ProtectRtp(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination);

    /// <summary>Encrypts a compound packet. Returns the length, or 0 when it does not fit.</summary>
    int ProtectRtcp(ReadOnlySpan<byte> packet, Span<byte> destination);

    /// <summary>Verifies and decrypts an RTP packet in place. <paramref name="length"/> is the length of the decrypted packet.</summary>
    SrtpStatus UnprotectRtp(Span<byte> packet, out int length);

    /// <summary>Verifies and decrypts a compound RTCP packet in place. <paramref name="length"/> is the length of the decrypted packet.</summary>
    SrtpStatus UnprotectRtcp(Span<byte> packet, out int length);
}
