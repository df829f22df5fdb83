using System.Buffers.Binary;
using System.Security.Cryptography;
using MeetOperator.Native.OpenSsl;

namespace MeetOperator.Srtp;

/// <summary>AES_CM_128_HMAC_SHA1_80 (RFC 3711 §4.1.1, §4.2.1).</summary>
internal sealed class CmHmacTransform : SrtpTransform
{
    private const int TagLength = 10;
    private const int IndexLength = 4;
    private const int RtcpHeaderLength = 8;
    private const int SaltLength = 14;

    private readonly AesCtrCipher _rtp;
    private readonly AesCtrCipher _rtcp;
    private readonly HmacSha1 _rtpMac;
    private readonly HmacSha1 _rtcpMac;
    private readonly byte[] _rtpSalt = new byte[SaltLength];
    private readonly byte[] _rtcpSalt = new byte[SaltLength];

    internal CmHmacTransform(SrtpKeys keys)
    {
        Span<byte> key = stackalloc byte[AesCtrCipher.KeyLength];
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtpEncryption, key);
        _rtp = new AesCtrCipher(key);
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpEncryption, key);
        _rtcp = new AesCtrCipher(key);
        key.Clear();

        Span<byte> macKey = stackalloc byte[HmacSha1.Length];
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtpAuthentication, macKey);
        _rtpMac = new HmacSha1(macKey);
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpAuthentication, macKey);
        _rtcpMac = new HmacSha1(macKey);
        macKey.Clear();

        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtpSalt, _rtpSalt);
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpSalt, _rtcpSalt);
    }

    internal override int RtpOverhead => TagLength;

    internal override int RtcpOverhead => TagLength + IndexLength;

    internal override int RtcpIndexFromEnd => TagLength + IndexLength;

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
        _rtpMac.Dispose();
        _rtcpMac.Dispose();
        CryptographicOperations.ZeroMemory(_rtpSalt);
        CryptographicOperations.ZeroMemory(_rtcpSalt);
    }

    internal override bool SealRtp(ulong index, uint ssrc, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        Span<byte> iv = stackalloc byte[AesCtrCipher.IvLength];
        Iv(_rtpSalt, ssrc, index, iv);
        header.CopyTo(destination);
        var length = header.Length + payload.Length;
        if (!_rtp.Transform(iv, payload, destination[header.Length..]))
        {
            return false;
        }

        Span<byte> tag = stackalloc byte[HmacSha1.Length];
        RtpTag(destination[..length], index, tag);
        tag[..TagLength].CopyTo(destination[length..]);
        return true;
    }

    internal override bool OpenRtp(ulong index, uint ssrc, int headerLength, Span<byte> packet)
    {
        var length = packet.Length - TagLength;
        Span<byte> tag = stackalloc byte[HmacSha1.Length];
        RtpTag(packet[..length], index, tag);
        if (!CryptographicOperations.FixedTimeEquals(tag[..TagLength], packet[length..]))
        {
            return false;
        }

        Span<byte> iv = stackalloc byte[AesCtrCipher.IvLength];
        Iv(_rtpSalt, ssrc, index, iv);
        var payload = packet[headerLength..length];
        return _rtp.Transform(iv, payload, payload);
    }

    internal override bool SealRtcp(uint index, uint ssrc, ReadOnlySpan<byte> packet, Span<byte> destination)
    {
        Span<byte> iv = stackalloc byte[AesCtrCipher.IvLength];
        Iv(_rtcpSalt, ssrc, index, iv);
        packet[..RtcpHeaderLength].CopyTo(destination);
        if (!_rtcp.Transform(iv, packet[RtcpHeaderLength..], destination[RtcpHeaderLength..]))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(destination[packet.Length..], 0x8000_0000 | index);
        var authenticated = packet.Length + IndexLength;
        Span<byte> tag = stackalloc byte[HmacSha1.Length];
        _rtcpMac.Append(destination[..authenticated]);
        _rtcpMac.Finish(tag);
        tag[..TagLength].CopyTo(destination[authenticated..]);
        return true;
    }

    internal override bool OpenRtcp(uint index, bool encrypted, uint ssrc, Span<byte> packet)
    {
        var authenticated = packet.Length - TagLength;
        Span<byte> tag = stackalloc byte[HmacSha1.Length];
        _rtcpMac.Append(packet[..authenticated]);
        _rtcpMac.Finish(tag);
        if (!CryptographicOperations.FixedTimeEquals(tag[..TagLength], packet[authenticated..]))
        {
            return false;
        }

        if (!encrypted)
        {
            return true;
        }

        Span<byte> iv = stackalloc byte[AesCtrCipher.IvLength];
        Iv(_rtcpSalt, ssrc, index, iv);
        var body = packet[RtcpHeaderLength..(authenticated - IndexLength)];
        return _rtcp.Transform(iv, body, body);
    }

    /// <summary>The tag covers the packet and the rollover counter (§4.2).</summary>
    private void RtpTag(ReadOnlySpan<byte> authenticated, ulong index, Span<byte> tag)
    {
        Span<byte> rolloverCounter = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(rolloverCounter, (uint)(index >> 16));
        _rtpMac.Append(authenticated);
        _rtpMac.Append(rolloverCounter);
        _rtpMac.Finish(tag);
    }

    /// <summary>§4.1.1: IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16).</summary>
    private static void Iv(ReadOnlySpan<byte> salt, uint ssrc, ulong index, Span<byte> iv)
    {
        salt.CopyTo(iv);
        iv[14] = 0;
        iv[15] = 0;
        var ssrcPart = iv[4..];
        BinaryPrimitives.WriteUInt32BigEndian(ssrcPart, BinaryPrimitives.ReadUInt32BigEndian(ssrcPart) ^ ssrc);
        var indexPart = iv[8..];
        BinaryPrimitives.WriteUInt64BigEndian(indexPart, BinaryPrimitives.ReadUInt64BigEndian(indexPart) ^ (index << 16));
    }
}
