using System.Security.Cryptography;
using System.Text;
using MeetOperator.Native.OpenSsl;
using MeetOperator.Testing;

namespace MeetOperator.Rtc.Tests.OpenSsl;

/// <summary>Reusable contexts must produce the same results as the one-shot classes of the platform in every call.</summary>
public sealed class CipherTests
{
    private static readonly byte[] Key = Hex.Bytes("000102030405060708090a0b0c0d0e0f");

    [Fact]
    public void Seal_ManyPackets_MatchesPlatform()
    {
        using var cipher = new AesGcmCipher(Key, encrypt: true);
        using var platform = new AesGcm(Key, AesGcmCipher.TagLength);
        var random = new Random(1);
        for (var length = 0; length < 300; length++)
        {
            var (iv, associated, plaintext) = (Bytes(random, 12), Bytes(random, 12 + (length % 40)), Bytes(random, length));
            var expected = new byte[length];
            var tag = new byte[16];
            platform.Encrypt(iv, plaintext, expected, tag, associated);
            var sealedBytes = new byte[length + 16];

            Assert.True(cipher.Seal(iv, associated, plaintext, sealedBytes));

            Assert.Equal(expected.Concat(tag), sealedBytes);
        }
    }

    [Fact]
    public void Open_AfterFailure_OpensNextPacket()
    {
        using var seal = new AesGcmCipher(Key, encrypt: true);
        using var open = new AesGcmCipher(Key, encrypt: false);
        byte[] iv = new byte[12], associated = [1, 2, 3], plaintext = [4, 5, 6, 7];
        for (byte i = 0; i < 20; i++)
        {
            iv[0] = i;
            var packet = new byte[20];
            Assert.True(seal.Seal(iv, associated, plaintext, packet));
            var tampered = (byte[])packet.Clone();
            tampered[i] ^= 1;
            var output = new byte[4];

            Assert.False(open.Open(iv, associated, tampered, output));
            Assert.False(open.Open(iv, [1, 2, 4], packet, output));
            Assert.True(open.Open(iv, associated, packet, packet));
            Assert.Equal(plaintext, packet[..4]);
        }
    }

    [Fact]
    public void SealAndOpen_WrongLengths_ReturnFalse()
    {
        using var seal = new AesGcmCipher(Key, encrypt: true);
        using var open = new AesGcmCipher(Key, encrypt: false);

        Assert.False(seal.Seal(new byte[11], [1], [1], new byte[17]));
        Assert.False(seal.Seal(new byte[12], [1], [1], new byte[16]));
        Assert.False(open.Open(new byte[12], [1], new byte[15], new byte[15]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AesGcmCipher(new byte[15], true));
    }

    /// <summary>RFC 2202 §3.</summary>
    [Theory]
    [InlineData("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00")]
    [InlineData("4a656665", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")]
    public void Finish_Rfc2202Vectors_MatchesEveryTime(string key, string message, string expected)
    {
        using var mac = new HmacSha1(Hex.Bytes(key));
        var bytes = Encoding.ASCII.GetBytes(message);
        var digest = new byte[20];
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            mac.Append(bytes.AsSpan(0, cut));
            mac.Append(bytes.AsSpan(cut));
            mac.Finish(digest);
            Assert.Equal(Hex.Bytes(expected), digest);
        }
    }

    /// <summary>RFC 2202 §3; with an empty key, what the platform computes.</summary>
    [Fact]
    public void Start_OtherKeys_MatchesWithEachOfThem()
    {
        using var mac = new HmacSha1(Key);
        var digest = new byte[20];
        for (var round = 0; round < 2; round++)
        {
            Check("Jefe"u8, "what do ya want for nothing?"u8, Hex.Bytes("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
            Check([], "what do ya want for nothing?"u8, HMACSHA1.HashData([], "what do ya want for nothing?"u8));
            Check(Key, "Hi There"u8, HMACSHA1.HashData(Key, "Hi There"u8));
        }

        void Check(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, byte[] expected)
        {
            mac.Start(key);
            mac.Append(message);
            mac.Finish(digest);
            Assert.Equal(expected, digest);
            mac.Append(message); // the next message keeps the key
            mac.Finish(digest);
            Assert.Equal(expected, digest);
        }
    }

    [Fact]
    public void Finish_EmptyMessage_MatchesPlatform()
    {
        using var mac = new HmacSha1(Key);
        var digest = new byte[20];
        mac.Finish(digest);
        Assert.Equal(HMACSHA1.HashData(Key, ReadOnlySpan<byte>.Empty), digest);
    }

    [Fact]
    public void Dispose_LaterCalls_ThrowObjectDisposed()
    {
        var gcm = new AesGcmCipher(Key, encrypt: true);
        var ctr = new AesCtrCipher(Key);
        var mac = new HmacSha1(Key);
        gcm.Dispose();
        ctr.Dispose();
        mac.Dispose();

        Assert.Throws<ObjectDisposedException>(() => gcm.Seal(new byte[12], [1], [1], new byte[17]));
        Assert.Throws<ObjectDisposedException>(() => ctr.Transform(new byte[16], [1], new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => mac.Append([1]));
    }

    [Fact]
    public void DtlsContext_InvalidInput_NamesFailedFunction()
    {
        var error = Assert.Throws<OpenSslException>(() => new DtlsContext([1, 2, 3], [4], "ALL", "SRTP_AEAD_AES_128_GCM"));
        Assert.Contains("SSL_CTX_use_certificate_ASN1", error.Message, StringComparison.Ordinal);

        error = Assert.Throws<OpenSslException>(() => new DtlsContext([1], [4], "ALL", "SRTP_OF_THE_FUTURE"));
        Assert.Contains("use_srtp", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
