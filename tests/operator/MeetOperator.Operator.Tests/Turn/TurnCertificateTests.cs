using System.Text;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.TurnPools;
using MeetOperator.Turn.Tests;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnCertificateTests
{
    private static readonly TestCertificate Given = TestCertificate.Create("relay.example.com");

    private static TurnPool Pool(string? host = null) => new()
    {
        Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a", Uid = "1" },
        Spec = new TurnPoolSpec { Tls = new TurnTls { SecretName = "relay-tls", Host = host } },
    };

    private static Secret Secret(string chain, string key, string? type = TurnCertificate.SecretType) => new()
    {
        Type = type,
        Data = new Dictionary<string, string> { ["tls.crt"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(chain)), ["tls.key"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(key)) },
    };

    private static TurnCertificate Read(TestCertificate given, string? host = null) => TurnCertificate.Read(Pool(host), Secret(given.Chain, given.Key));

    private static string? Problem(TurnCertificate certificate, TimeSpan later = default) => certificate.FindProblem(DateTimeOffset.UtcNow + later)?.Reason;

    [Fact]
    public void Read_ValidSecret_HasChainKeyAndName()
    {
        var read = Read(Given);
        Assert.Equal((Given.Chain, Given.Key, "relay.example.com"), (read.Chain, read.PrivateKey, read.Host));
        Assert.Null(read.FindProblem(DateTimeOffset.UtcNow));
        Assert.Null(read.FindExpiry(DateTimeOffset.UtcNow));
        Assert.DoesNotContain("PRIVATE", read.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoSecret_SaysHowToCreateIt()
    {
        var problem = TurnCertificate.Read(Pool(), null).FindProblem(DateTimeOffset.UtcNow)!;
        Assert.Equal("SecretMissing", problem.Reason);
        Assert.Contains("kubectl create secret tls relay-tls --namespace=meet-a", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>Whoever may change a pool must not get the operator to use other Secrets, for example that of its own authority.</summary>
    [Theory]
    [InlineData("Opaque")]
    [InlineData(null)]
    public void Read_SecretOfOtherType_IsNotUsed(string? type)
    {
        var read = TurnCertificate.Read(Pool(), Secret(Given.Chain, Given.Key, type));
        Assert.Equal((null, "SecretInvalid"), (read.Chain, Problem(read)));
    }

    [Theory]
    [InlineData("", "key", "SecretInvalid")]
    [InlineData("chain", "", "SecretInvalid")]
    [InlineData("text", "key", "SecretInvalid")]
    [InlineData("chain", "text", "KeyMismatch")]
    [InlineData("chain", "other", "KeyMismatch")]
    public void Read_WrongContent_IsExplainedWithoutIt(string chain, string key, string reason)
    {
        var read = TurnCertificate.Read(Pool(), Secret(Content(chain), Content(key)));
        Assert.Equal((null, null, reason), (read.Chain, read.PrivateKey, Problem(read)));
        Assert.DoesNotContain("abracadabra", read.Fault!.Message, StringComparison.Ordinal);

        static string Content(string what) => what switch
        {
            "chain" => Given.Chain,
            "key" => Given.Key,
            "other" => TestCertificate.Create("relay.example.com").Key,
            "text" => "abracadabra",
            _ => string.Empty,
        };
    }

    [Fact]
    public void Read_SmallRsaKey_IsExplained() => Assert.Equal("SecretInvalid", Problem(Read(TestCertificate.Create("relay.example.com", rsaBits: 1024))));

    [Theory]
    [InlineData("relay.example.com", "relay.example.com", null)]
    [InlineData("*.example.com", "relay.example.com", null)]
    [InlineData("*.example.com", null, "NameMissing")]
    [InlineData("relay.example.com", "other.example.com", "NameMismatch")]
    [InlineData("relay.example.com:1?x", null, "NameMissing")]
    public void Read_Host_MustBeANameOfTheCertificate(string name, string? host, string? reason)
    {
        var read = Read(TestCertificate.Create(name), host);
        Assert.Equal((reason, reason is null ? host : null), (Problem(read), read.Host));
    }

    [Theory]
    [InlineData(82, null, false)]
    [InlineData(84, null, true)]
    [InlineData(91, "Expired", false)]
    [InlineData(-2, "NotYetValid", false)]
    public void FindProblem_ByTime_ReportsTheEndBefore(int days, string? reason, bool isExpiring)
    {
        var (read, now) = (Read(Given), DateTimeOffset.UtcNow.AddDays(days));
        Assert.Equal((reason, isExpiring), (read.FindProblem(now)?.Reason, read.FindExpiry(now) is not null));
    }
}
