using System.Security.Cryptography.X509Certificates;
using MeetOperator.Turn.Coturn;

namespace MeetOperator.Turn.Tests;

public sealed class TlsCertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meet-turn-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(2048)]
    public void Write_GoodCertificate_HasChainInOrderAndKey(int rsaBits)
    {
        var given = TestCertificate.Create("relay.example.com", rsaBits: rsaBits);
        var path = Path.Combine(_folder.FullName, "tls.pem");
        Read($"a text before\n{given.Chain}", given.Key).Write(path);
        var written = new X509Certificate2Collection();
        written.ImportFromPemFile(path);
        Assert.Equal(["CN=relay.example.com", "CN=authority"], written.Select(one => one.Subject));
        using var own = X509Certificate2.CreateFromPemFile(path, path);
        Assert.True(own.HasPrivateKey);
        Assert.DoesNotContain("a text before", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OverEarlierFile_LeavesOneFileForItsOwner()
    {
        var path = Path.Combine(_folder.FullName, "tls.pem");
        File.WriteAllText(path, "earlier");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead | UnixFileMode.UserWrite);
        TlsCertificate.Placeholder(DateTimeOffset.UtcNow).Write(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(_folder.FullName));
    }

    [Fact]
    public void TryRead_KeyOfAnotherCertificate_IsRefused() =>
        Assert.StartsWith("certificate: certificate and privateKey cannot be used together", ProblemOf(TestCertificate.Create("a").Chain, TestCertificate.Create("b").Key), StringComparison.Ordinal);

    [Fact]
    public void TryRead_OfAnotherTime_IsRefused()
    {
        var expired = TestCertificate.Create("a", from: TimeSpan.FromDays(-2), until: TimeSpan.FromMinutes(-1));
        var later = TestCertificate.Create("a", from: TimeSpan.FromMinutes(5));
        Assert.StartsWith("certificate: it expired at 2", ProblemOf(expired.Chain, expired.Key), StringComparison.Ordinal);
        Assert.StartsWith("certificate: it is not valid before 2", ProblemOf(later.Chain, later.Key), StringComparison.Ordinal);
    }

    /// <summary>OpenSSL would not serve it.</summary>
    [Fact]
    public void TryRead_ShortKey_IsRefused()
    {
        var weak = TestCertificate.Create("a", rsaBits: 1024);
        Assert.Equal("certificate: its RSA key must have 2048 bits or more", ProblemOf(weak.Chain, weak.Key));
    }

    [Fact]
    public void TryRead_OneOfTwo_IsRefused()
    {
        var good = TestCertificate.Create("a");
        Assert.Contains("belong together", ProblemOf(good.Chain, null), StringComparison.Ordinal);
        Assert.Contains("belong together", ProblemOf(null, good.Key), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("garbage", "garbage")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    public void TryRead_Garbage_IsRefused(string chain, string key)
    {
        ProblemOf(chain, key);
        var good = TestCertificate.Create("a");
        ProblemOf(good.Chain, key);
        ProblemOf(chain, good.Key);
        ProblemOf(good.Chain + new string(' ', 70_000), good.Key);
    }

    /// <summary>A problem is shown in the status of the pool.</summary>
    [Fact]
    public void TryRead_Problem_DoesNotContainKey()
    {
        var given = TestCertificate.Create("a");
        var lines = given.Key.Split('\n').Where(line => line.Length > 20 && !line.StartsWith('-'));
        var problem = ProblemOf(TestCertificate.Create("b").Chain, given.Key);
        Assert.All(lines, line => Assert.DoesNotContain(line, problem, StringComparison.Ordinal));
    }

    private static TlsCertificate Read(string chain, string key) =>
        TlsCertificate.TryRead(chain, key, DateTimeOffset.UtcNow, out var certificate, out var problem) ? certificate : throw new InvalidOperationException(problem);

    private static string ProblemOf(string? chain, string? key)
    {
        Assert.False(TlsCertificate.TryRead(chain, key, DateTimeOffset.UtcNow, out _, out var problem));
        return problem;
    }
}
