using System.Security.Cryptography;
using MeetOperator.Rtc.Dtls;

namespace MeetOperator.Rtc.Tests.Dtls;

public sealed class FingerprintTests
{
    [Fact]
    public void TryParse_OwnText_MatchesCertificate()
    {
        byte[] der = [1, 2, 3];
        var fingerprint = Fingerprint.OfCertificate(der);

        Assert.Matches("^sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$", fingerprint.ToString());
        Assert.True(Fingerprint.TryParse(fingerprint.ToString().ToLowerInvariant(), out var parsed));
        Assert.True(parsed.Matches(der));
        Assert.False(parsed.Matches([1, 2, 4]));
    }

    [Theory]
    [InlineData("sha-384")]
    [InlineData("sha-512")]
    public void TryParse_StrongerHash_Matches(string algorithm)
    {
        byte[] der = [1, 2, 3];
        var hash = algorithm == "sha-384" ? SHA384.HashData(der) : SHA512.HashData(der);
        var text = string.Join(':', hash.Select(b => b.ToString("X2", null)));

        Assert.True(Fingerprint.TryParse($"{algorithm} {text}", out var parsed));
        Assert.True(parsed.Matches(der));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha-256")]
    [InlineData("sha-256 AB:CD")]
    [InlineData("sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33")]
    [InlineData("md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF")]
    [InlineData("sha-256 00-11-22-33-44-55-66-77-88-99-AA-BB-CC-DD-EE-FF-00-11-22-33-44-55-66-77-88-99-AA-BB-CC-DD-EE-FF")]
    [InlineData("sha-256 0G:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF")]
    public void TryParse_WeakOrMalformed_ReturnsFalse(string? text) => Assert.False(Fingerprint.TryParse(text, out _));
}
