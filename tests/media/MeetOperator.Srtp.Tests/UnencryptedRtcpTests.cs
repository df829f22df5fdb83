using System.Buffers.Binary;
using System.Security.Cryptography;
using MeetOperator.Native.OpenSsl;
using MeetOperator.Testing;

namespace MeetOperator.Srtp.Tests;

/// <summary>SRTCP with a clear E bit is authenticated but not encrypted (RFC 3711 §3.4, RFC 7714 §9.3). The sender never produces it.</summary>
public sealed class UnencryptedRtcpTests
{
    private static readonly byte[] Report = Hex.Bytes("80 c9 0001 00000009");

    [Fact]
    public void OpenRtcp_UnencryptedCm80_IsAcceptedWhenAuthentic()
    {
        var keys = SrtpPair.Keys(SrtpProfile.Aes128CmSha1Tag80, new Random(1));
        var macKey = new byte[20];
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpAuthentication, macKey);
        byte[] authenticated = [.. Report, 0, 0, 0, 5];
        byte[] packet = [.. authenticated, .. HMACSHA1.HashData(macKey, authenticated)[..10]];
        Check(keys, packet);
    }

    [Fact]
    public void OpenRtcp_UnencryptedGcm_IsAcceptedWhenAuthentic()
    {
        var keys = SrtpPair.Keys(SrtpProfile.AeadAes128Gcm, new Random(1));
        var key = new byte[16];
        var iv = new byte[12];
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpEncryption, key);
        SrtpKeyDerivation.Derive(keys, SrtpKeyDerivation.RtcpSalt, iv);
        BinaryPrimitives.WriteUInt32BigEndian(iv.AsSpan(2), BinaryPrimitives.ReadUInt32BigEndian(iv.AsSpan(2)) ^ 9);
        iv[11] ^= 5;
        using var platform = new AesGcm(key, AesGcmCipher.TagLength);
        var tag = new byte[16];
        byte[] nothing = [];
        byte[] associated = [.. Report, 0, 0, 0, 5];
        platform.Encrypt(iv, nothing, nothing, tag, associated);
        Check(keys, [.. Report, .. tag, 0, 0, 0, 5]);
    }

    private static void Check(SrtpKeys keys, byte[] packet)
    {
        using var receiver = new SrtpReceiver(keys, 4);
        var tampered = (byte[])packet.Clone();
        tampered[7] ^= 1;
        Assert.Equal(SrtpStatus.NotAuthentic, receiver.UnprotectRtcp(tampered, out _));

        Assert.Equal(SrtpStatus.Ok, receiver.UnprotectRtcp(packet, out var length));
        Assert.Equal(Report, packet[..length]);
        Assert.Equal(SrtpStatus.Replayed, receiver.UnprotectRtcp(packet, out _));
    }
}
