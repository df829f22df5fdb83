namespace MeetOperator.Srtp;

/// <summary>
/// The cryptography of one direction and one profile. It has no state for streams, rollover or replay. RTP indexes have 48 bits
/// (rollover counter and sequence number), RTCP indexes 31 bits.
/// </summary>
internal abstract class SrtpTransform : IDisposable
{
    /// <summary>Bytes that protection adds to an RTP packet.</summary>
    internal abstract int RtpOverhead { get; }

    /// <summary>Bytes that protection adds to an RTCP packet.</summary>
    internal abstract int RtcpOverhead { get; }

    internal static SrtpTransform Create(SrtpKeys keys, bool outbound) => keys.Profile switch
    {
        SrtpProfile.AeadAes128Gcm => new GcmTransform(keys, outbound),
        _ => new CmHmacTransform(keys),
    };

    public abstract void Dispose();

    /// <summary>Writes header, ciphertext and tag. The caller checks the length of the destination.</summary>
    internal abstract bool SealRtp(ulong index, uint ssrc, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination);

    /// <summary>Verifies and decrypts in place. The caller checks that the packet holds the header and the overhead.</summary>
    internal abstract bool OpenRtp(ulong index, uint ssrc, int headerLength, Span<byte> packet);

    /// <summary>Writes the encrypted packet, tag and index word.</summary>
    internal abstract bool SealRtcp(uint index, uint ssrc, ReadOnlySpan<byte> packet, Span<byte> destination);

    /// <summary>Offset of the index word of an SRTCP packet from the end.</summary>
    internal abstract int RtcpIndexFromEnd { get; }

    /// <summary>Verifies in place, and decrypts when the E bit is set. The caller checks that the packet holds 8 bytes and the overhead.</summary>
    internal abstract bool OpenRtcp(uint index, bool encrypted, uint ssrc, Span<byte> packet);
}
