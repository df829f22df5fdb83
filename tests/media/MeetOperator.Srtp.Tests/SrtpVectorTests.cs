using System.Buffers.Binary;
using MeetOperator.Native.OpenSsl;
using MeetOperator.Testing;

namespace MeetOperator.Srtp.Tests;

/// <summary>Test vectors of RFC 3711 appendix B and RFC 7714 §16 and §17.</summary>
public sealed class SrtpVectorTests
{
    private static readonly byte[] GcmKey = Hex.Bytes("000102030405060708090a0b0c0d0e0f");
    private static readonly byte[] GcmSalt = Hex.Bytes("51756964 2070726f 2071756f");

    private static readonly byte[] RtpHeader = Hex.Bytes("8040f17b 8041f8d3 5501a0b2");
    private static readonly byte[] RtpPayload = Hex.Bytes(
        "47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573");

    private static readonly byte[] SrtpPacket = Hex.Bytes("""
        8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
        0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce
        """);

    private static readonly byte[] RtcpPacket = Hex.Bytes("""
        81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
        deadbeef deadbeef deadbeef deadbeef deadbeef
        """);

    private static readonly byte[] SrtcpPacket = Hex.Bytes("""
        81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
        c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872
        45d9eade 800005d4
        """);

    /// <summary>RFC 3711 §B.2: AES counter mode.</summary>
    [Fact]
    public void Transform_Rfc3711Input_ReturnsKeyStream()
    {
        using var cipher = new AesCtrCipher(Hex.Bytes("2B7E151628AED2A6ABF7158809CF4F3C"));
        var keyStream = new byte[48];

        Assert.True(cipher.Transform(Hex.Bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"), keyStream, keyStream));

        Assert.Equal(Hex.Bytes("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"), keyStream);
    }

    /// <summary>RFC 3711 §B.3: key derivation.</summary>
    [Theory]
    [InlineData(SrtpKeyDerivation.RtpEncryption, "C61E7A93744F39EE10734AFE3FF7A087")]
    [InlineData(SrtpKeyDerivation.RtpSalt, "30CBBC08863D8C85D49DB34A9AE1")]
    [InlineData(SrtpKeyDerivation.RtpAuthentication, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")]
    public void Derive_Rfc3711MasterKey_ReturnsSessionKey(byte label, string expected)
    {
        var keys = new SrtpKeys(
            SrtpProfile.Aes128CmSha1Tag80, Hex.Bytes("E1F97A0D3E018BE0D64FA32C06DE4139"), Hex.Bytes("0EC675AD498AFEEBB6960B3AABE6"));
        var session = new byte[expected.Length / 2];

        SrtpKeyDerivation.Derive(keys, label, session);

        Assert.Equal(Hex.Bytes(expected), session);
    }

    /// <summary>RFC 7714 §16.1.1.</summary>
    [Fact]
    public void SealRtp_Rfc7714Vector_MatchesPacket()
    {
        using var transform = new GcmTransform(GcmKey, GcmSalt, outbound: true);
        var packet = new byte[SrtpPacket.Length];
        var sequence = BinaryPrimitives.ReadUInt16BigEndian(RtpHeader.AsSpan(2));

        Assert.True(transform.SealRtp(sequence, 0x5501a0b2, RtpHeader, RtpPayload, packet));

        Assert.Equal(SrtpPacket, packet);
    }

    /// <summary>RFC 7714 §16.1.2.</summary>
    [Fact]
    public void OpenRtp_Rfc7714Vector_ReturnsPlaintext()
    {
        using var transform = new GcmTransform(GcmKey, GcmSalt, outbound: false);
        var packet = (byte[])SrtpPacket.Clone();

        Assert.True(transform.OpenRtp(0xf17b, 0x5501a0b2, 12, packet));

        Assert.Equal(RtpPayload, packet[12..^16]);
    }

    /// <summary>RFC 7714 §17.1: encryption, then decryption.</summary>
    [Fact]
    public void SealRtcp_Rfc7714Vector_MatchesPacket()
    {
        using var sender = new GcmTransform(GcmKey, GcmSalt, outbound: true);
        using var receiver = new GcmTransform(GcmKey, GcmSalt, outbound: false);
        var packet = new byte[SrtcpPacket.Length];

        Assert.True(sender.SealRtcp(0x5d4, 0x4d617273, RtcpPacket, packet));
        Assert.Equal(SrtcpPacket, packet);

        Assert.True(receiver.OpenRtcp(0x5d4, encrypted: true, 0x4d617273, packet));
        Assert.Equal(RtcpPacket, packet[..RtcpPacket.Length]);
    }
}
