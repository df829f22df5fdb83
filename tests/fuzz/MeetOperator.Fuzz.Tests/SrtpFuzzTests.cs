using MeetOperator.Srtp;

namespace MeetOperator.Fuzz.Tests;

public sealed class SrtpFuzzTests
{
    public static TheoryData<SrtpProfile> Profiles => [SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmSha1Tag80];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Unprotect_MutatedPackets_FailAuthentication(SrtpProfile profile)
    {
        var keys = Keys(profile);
        using var sender = new SrtpSender(keys, 1024);
        var seeds = new List<byte[]>();
        for (byte i = 1; i <= 8; i++)
        {
            var packet = new byte[100 + (i * 20)];
            byte[] header = [0x80, 96, 0, i, 0, 0, 0, 1, 0, 0, 0, 9];
            seeds.Add(packet[..sender.ProtectRtp(header, new byte[i * 20], packet)]);
        }

        using var receiver = new SrtpReceiver(keys, 16);
        var genuine = seeds.Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        FuzzLoop.Run(seeds, input =>
        {
            var copy = input.ToArray();
            var status = receiver.UnprotectRtp(copy, out var length);
            Assert.True(status != SrtpStatus.Ok || genuine.Contains(Convert.ToHexString(input)));
            Assert.InRange(length, 0, input.Length);
        });
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void UnprotectRtcp_MutatedPackets_FailAuthentication(SrtpProfile profile)
    {
        var keys = Keys(profile);
        using var sender = new SrtpSender(keys, 1024);
        var seeds = new List<byte[]>();
        foreach (var report in FuzzLoop.Corpus("rtcp"))
        {
            var packet = new byte[report.Length + 64];
            seeds.Add(packet[..sender.ProtectRtcp(report, packet)]);
        }

        using var receiver = new SrtpReceiver(keys, 64);
        var genuine = seeds.Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        FuzzLoop.Run(seeds, input =>
        {
            var copy = input.ToArray();
            var status = receiver.UnprotectRtcp(copy, out var length);
            Assert.True(status != SrtpStatus.Ok || genuine.Contains(Convert.ToHexString(input)));
            Assert.InRange(length, 0, input.Length);
        });
    }

    private static SrtpKeys Keys(SrtpProfile profile) =>
        new(profile, new byte[16], new byte[profile == SrtpProfile.AeadAes128Gcm ? 12 : 14]);
}
