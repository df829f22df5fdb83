namespace MeetOperator.Srtp.Tests;

/// <summary>
/// GCM is broken when a nonce is used twice. For any order of packets, every packet that the sender encrypts must be new for a receiver
/// that has received all previous ones.
/// </summary>
public sealed class NonceUniquenessTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ProtectRtp_AnyOrder_NeverUsesAnIndexTwice(int seed)
    {
        var random = new Random(seed);
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        var position = 0;
        int sent = 0, rejected = 0;
        for (var i = 0; i < 150_000; i++)
        {
            position += random.Next(3);
            var sequence = (ushort)(position - (random.Next(4) == 0 ? random.Next(1500) : 0));
            var packet = pair.Protect(sequence, payloadLength: 1);
            if (packet.Length == 0)
            {
                rejected++;
                continue;
            }

            sent++;
            Assert.Equal(SrtpStatus.Ok, pair.Unprotect(packet));
        }

        Assert.True(sent > 50_000 && rejected > 10_000, $"{sent} packets sent, {rejected} rejected.");
    }

    [Theory]
    [InlineData(SrtpProfile.AeadAes128Gcm)]
    [InlineData(SrtpProfile.Aes128CmSha1Tag80)]
    public void ProtectRtp_SamePlaintext_NeverRepeatsCiphertext(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var payload = new byte[24];
        var packet = new byte[100];
        for (uint ssrc = 1; ssrc <= 20; ssrc++)
        {
            for (var i = 0; i < 70_000; i += 97)
            {
                var length = pair.Sender.ProtectRtp(SrtpPair.Header((ushort)i, ssrc), payload, packet);
                Assert.True(seen.Add(Convert.ToHexString(packet, 12, payload.Length)));
                Assert.True(length > 0);
            }
        }
    }

    [Theory]
    [InlineData(SrtpProfile.AeadAes128Gcm)]
    [InlineData(SrtpProfile.Aes128CmSha1Tag80)]
    public void ProtectRtcp_SameReport_NeverRepeatsCiphertext(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var report = new byte[32];
        report[0] = 0x80;
        report[1] = 201;
        var packet = new byte[100];
        for (var i = 0; i < 20_000; i++)
        {
            report[7] = (byte)(i % 3);
            pair.Sender.ProtectRtcp(report, packet);
            Assert.True(seen.Add(Convert.ToHexString(packet, 8, 24)));
        }
    }
}
