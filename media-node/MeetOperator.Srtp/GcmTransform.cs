using System.Buffers.Binary;
using System.Security.Cryptography;
using MeetOperator.Native.OpenSsl;

namespace MeetOperator.Srtp;

/// <summary>AEAD_AES_128_GCM (RFC 7714).</summary>
internal sealed class GcmTransform : SrtpTransform
{
    private const int RtcpHeaderLength = 8;
    private const int IndexLength = 4;

    private readonly AesGcmCipher _rtp;
    private readonly AesGcmCipher _rtcp;
    private readonly byte[] _rtpSalt = new byte[AesGcmCipher.IvLength];
    private readonly byte[] _rtcpSalt = new byte[AesGcmCipher.IvLength];

    internal GcmTransform(SrtpKeys keys, bool outbound)
    {
        Span<byte> key = stackalloc byte[AesGcmCipher.KeyLength];
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtpEncryption, key);
        _rtp = new AesGcmCipher(key, outbound);
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpEncryption, key);
        _rtcp = new AesGcmCipher(key, outbound);
        key.Clear();
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtpSalt, _rtpSalt);
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpSalt, _rtcpSalt);
    }

    /// <summary>Uses session keys directly, for the RFC 7714 test vectors, which omit the key derivation.</summary>
    internal GcmTransform(ReadOnlySpan<byte> sessionKey, ReadOnlySpan<byte> sessionSalt, bool outbound)
    {
        _rtp = new AesGcmCipher(sessionKey, outbound);
        _rtcp = new AesGcmCipher(sessionKey, outbound);
        sessionSalt.CopyTo(_rtpSalt);
        sessionSalt.CopyTo(_rtcpSalt);
    }

    internal override int RtpOverhead => AesGcmCipher.TagLength;

    internal override int RtcpOverhead => AesGcmCipher.TagLength + IndexLength;

    internal override int RtcpIndexFromEnd => IndexLength;

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
        CryptographicOperations.ZeroMemory(_rtpSalt);
        CryptographicOperations.ZeroMemory(_rtcpSalt);
    }

    internal override bool SealRtp(ulong index, uint ssrc, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        Span<byte> iv = stackalloc byte[AesGcmCipher.IvLength];
        RtpIv(index, ssrc, iv);
        header.CopyTo(destination);
        return _rtp.Seal(iv, header, payload, destination[header.Length..]);
    }

    internal override bool OpenRtp(ulong index, uint ssrc, int headerLength, Span<byte> packet)
    {
        Span<byte> iv = stackalloc byte[AesGcmCipher.IvLength];
        RtpIv(index, ssrc, iv);
        return _rtp.Open(iv, packet[..headerLength], packet[headerLength..], packet[headerLength..]);
    }

    internal override bool SealRtcp(uint index, uint ssrc, ReadOnlySpan<byte> packet, Span<byte> destination)
    {
        Span<byte> iv = stackalloc byte[AesGcmCipher.IvLength];
        RtcpIv(index, ssrc, iv);
        Span<byte> associated = stackalloc byte[RtcpHeaderLength + IndexLength];
        packet[..RtcpHeaderLength].CopyTo(associated);
        BinaryPrimitives.WriteUInt32BigEndian(associated[RtcpHeaderLength..], 0x8000_0000 | index);
        packet[..RtcpHeaderLength].CopyTo(destination);
        associated[RtcpHeaderLength..].CopyTo(destination[(packet.Length + AesGcmCipher.TagLength)..]);
        return _rtcp.Seal(iv, associated, packet[RtcpHeaderLength..], destination[RtcpHeaderLength..]);
    }

    internal override bool OpenRtcp(uint index, bool encrypted, uint ssrc, Span<byte> packet)
    {
        Span<byte> iv = stackalloc byte[AesGcmCipher.IvLength];
        RtcpIv(index, ssrc, iv);
        var tagEnd = packet.Length - IndexLength;
        if (!encrypted)
        {
            // RFC 7714 §9.3: the whole packet is associated data and the ciphertext is empty.
            return OpenUnencrypted(iv, packet, tagEnd);
        }

        Span<byte> associated = stackalloc byte[RtcpHeaderLength + IndexLength];
        packet[..RtcpHeaderLength].CopyTo(associated);
        packet[tagEnd..].CopyTo(associated[RtcpHeaderLength..]);
        var body = packet[RtcpHeaderLength..tagEnd];
        return _rtcp.Open(iv, associated, body, body);
    }

    private bool OpenUnencrypted(ReadOnlySpan<byte> iv, Span<byte> packet, int tagEnd)
    {
        Span<byte> tag = stackalloc byte[AesGcmCipher.TagLength];
        var length = tagEnd - AesGcmCipher.TagLength;
        packet[length..tagEnd].CopyTo(tag);
        Span<byte> associated = stackalloc byte[2048];
        if (length + IndexLength > associated.Length)
        {
            return false;
        }

        packet[..length].CopyTo(associated);
        packet[tagEnd..].CopyTo(associated[length..]);
        return _rtcp.Open(iv, associated[..(length + IndexLength)], tag, []);
    }

    /// <summary>§8.1: 00 00 || SSRC || ROC || SEQ, XOR salt.</summary>
    private void RtpIv(ulong index, uint ssrc, Span<byte> iv)
    {
        BinaryPrimitives.WriteUInt64BigEndian(iv[4..], index & 0xFFFF_FFFF_FFFF); // the two high bytes are zero
        BinaryPrimitives.WriteUInt16BigEndian(iv, 0);
        BinaryPrimitives.WriteUInt32BigEndian(iv[2..], ssrc);
        Mask(iv, _rtpSalt);
    }

    /// <summary>§9.1: 00 00 || SSRC || 00 00 || 0 and 31-bit index, XOR salt.</summary>
    private void RtcpIv(uint index, uint ssrc, Span<byte> iv)
    {
        BinaryPrimitives.WriteUInt16BigEndian(iv, 0);
        BinaryPrimitives.WriteUInt32BigEndian(iv[2..], ssrc);
        BinaryPrimitives.WriteUInt16BigEndian(iv[6..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(iv[8..], index);
        Mask(iv, _rtcpSalt);
    }

    private static void Mask(Span<byte> iv, ReadOnlySpan<byte> salt)
    {
        for (var i = 0; i < AesGcmCipher.IvLength; i++)
        {
            iv[i] ^= salt[i];
        }
    }
}
