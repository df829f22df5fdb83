namespace MeetOperator.Srtp.Tests;

/// <summary>Compares both directions with libsrtp2, with sequence number wraps, losses and reordering.</summary>
public sealed class LibSrtpCrossCheckTests
{
    public static TheoryData<SrtpProfile> Profiles => [SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmSha1Tag80];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void ProtectRtp_Packets_AreDecryptedByLibSrtp(SrtpProfile profile)
    {
        var keys = SrtpPair.Keys(profile, new Random(3));
        using var ours = new SrtpSender(keys, 1024);
        using var theirs = new LibSrtp(keys, outbound: false);
        var packet = new byte[1500];
        foreach (var (header, payload) in Packets(seed: 4))
        {
            var length = ours.ProtectRtp(header, payload, packet);
            Assert.Equal(header.Concat(payload), theirs.UnprotectRtp(packet.AsSpan(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtp_LibSrtpPackets_AreDecrypted(SrtpProfile profile)
    {
        var keys = SrtpPair.Keys(profile, new Random(5));
        using var ours = new SrtpReceiver(keys, 16);
        using var theirs = new LibSrtp(keys, outbound: true);
        foreach (var (header, payload) in Packets(seed: 6))
        {
            var packet = theirs.ProtectRtp([.. header, .. payload])!;
            Assert.Equal(SrtpStatus.Ok, ours.UnprotectRtp(packet, out var length));
            Assert.Equal(header.Concat(payload), packet[..length]);
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Rtcp_BothDirections_MatchesLibSrtp(SrtpProfile profile)
    {
        var keys = SrtpPair.Keys(profile, new Random(8));
        using var sender = new SrtpSender(keys, 1024);
        using var receiver = new SrtpReceiver(keys, 16);
        using var theirReceiver = new LibSrtp(keys, outbound: false);
        using var theirSender = new LibSrtp(keys, outbound: true);
        var random = new Random(9);
        for (var i = 0; i < 500; i++)
        {
            var plain = new byte[8 + (4 * random.Next(100))];
            random.NextBytes(plain);
            plain[0] = 0x81;
            plain[1] = 200;
            plain.AsSpan(4, 3).Clear(); // limits the number of SSRCs

            var packet = new byte[plain.Length + 64];
            var length = sender.ProtectRtcp(plain, packet);
            Assert.Equal(plain, theirReceiver.UnprotectRtcp(packet.AsSpan(0, length)));

            plain[7] &= 7;
            var theirs = theirSender.ProtectRtcp(plain)!;
            Assert.Equal(SrtpStatus.Ok, receiver.UnprotectRtcp(theirs, out var read));
            Assert.Equal(plain, theirs[..read]);
        }
    }

    /// <summary>Two streams with a sequence number wrap, gaps, swapped packets, extensions and CSRCs.</summary>
    private static IEnumerable<(byte[] Header, byte[] Payload)> Packets(int seed)
    {
        var random = new Random(seed);
        for (var position = 65000; position < 65000 + 70000; position += random.Next(4, 60))
        {
            int[] order = random.Next(3) == 0 ? [position + 1, position] : [position];
            foreach (var sequence in order)
            {
                var header = SrtpPair.Header((ushort)sequence, ssrc: (uint)random.Next(1, 3));
                if (random.Next(2) == 0)
                {
                    header[0] |= 0x11;
                    header = [.. header, 1, 2, 3, 4, 0xBE, 0xDE, 0, 1, 0x10, 0xAA, 0, 0];
                }

                var payload = new byte[random.Next(1, 1200)];
                random.NextBytes(payload);
                yield return (header, payload);
            }
        }
    }
}
