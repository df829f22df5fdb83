using System.Net;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Settings;

namespace MeetOperator.Turn.Tests;

public sealed class CoturnArgumentsTests
{
    internal static readonly TurnOptions Options = new()
    {
        ControlAddress = new IPEndPoint(IPAddress.Loopback, 1),
        Credentials = null!,
        DataFolder = "/data",
        Realm = "meet",
        ListenAddresses = [IPAddress.Parse("192.0.2.1")],
        RelayAddresses = [IPAddress.Parse("192.0.2.1")],
        Port = 3478,
    };

    /// <summary>Of `turnserver -h` of 4.6.1, and of 4.18.0: what this product turns off.</summary>
    private const string Help46 =
        "--no-dtls\t\tDo not start DTLS\n --no-software-attribute\n --no-rfc5780\n --no-stun-backward-compatibility\tDisable\n --response-origin-only-with-rfc5780\n --no-cli\n --cli-ip=<IP>\n --no-tlsv1\n --no-tlsv1_1\n";

    private const string Help418 =
        "If --no-tls is specified and --dtls is not,\n --no-software-attribute\tDEPRECATED\n --software-attribute\n --no-rfc5780\tDEPRECATED\n --rfc5780\n --stun-backward-compatibility\n --cli\n --cli-ip=<IP>\n --tlsv1\n --tlsv1_1\n --no-tlsv1_2\n";

    private static IReadOnlyList<string> Build(TurnOptions options, string help = Help46) => CoturnArguments.Build(options, new CoturnOptions(help));

    [Theory]
    [InlineData("--denied-peer-ip=0.0.0.0-255.255.255.255")]
    [InlineData("--denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("--use-auth-secret")]
    [InlineData("--no-tcp-relay")]
    [InlineData("--no-multicast-peers")]
    [InlineData("--no-cli")]
    [InlineData("--no-software-attribute")]
    public void Build_Always_Contains(string argument) => Assert.Contains(argument, Build(Options));

    /// <summary>Other processes can read arguments. An address in the arguments could not be removed while coturn runs.</summary>
    [Fact]
    public void Build_Always_HasNeitherSecretsNorAllowedPeers() =>
        Assert.DoesNotContain(Build(Options), argument => argument.Contains("secret=", StringComparison.Ordinal) || argument.Contains("allowed-peer-ip", StringComparison.Ordinal));

    [Fact]
    public void Build_ByDefault_RefusesLoopbackPeers()
    {
        Assert.DoesNotContain("--allow-loopback-peers", Build(Options));
        Assert.Contains("--allow-loopback-peers", Build(Options with { AllowLoopbackPeers = true }));
    }

    [Fact]
    public void Build_Limits_AreSetOnlyWhenWanted()
    {
        Assert.DoesNotContain(Build(Options), argument => argument.Contains("quota", StringComparison.Ordinal) || argument.Contains("max-bps", StringComparison.Ordinal));
        var limited = Build(Options with { AllocationsPerCredential = 12, Allocations = 500, BytesPerSecond = 1000 });
        Assert.Subset(limited.ToHashSet(), new HashSet<string> { "--user-quota=12", "--total-quota=500", "--max-bps=1000" });
    }

    [Fact]
    public void Build_OneProtocol_ClosesTheOther()
    {
        Assert.Contains("--no-udp", Build(Options with { Udp = false }));
        Assert.Contains("--no-tcp", Build(Options with { Tcp = false }));
    }

    [Fact]
    public void Build_TlsPort_ListensForCurrentVersionsOfTls()
    {
        Assert.Contains("--no-tls", Build(Options));
        var tls = Build(Options with { TlsPort = 5349 });
        Assert.DoesNotContain("--no-tls", tls);
        Assert.Subset(tls.ToHashSet(), new HashSet<string> { "--tls-listening-port=5349", "--cert=/data/tls.pem", "--pkey=/data/tls.pem", "--no-tlsv1", "--no-tlsv1_1", "--no-dtls" });
    }

    /// <summary>A release that does not know an option ends when it is given.</summary>
    [Fact]
    public void Build_LaterRelease_LeavesOutWhatIsOffByDefault()
    {
        var arguments = Build(Options with { TlsPort = 5349 }, Help418);
        foreach (var unknown in (string[])["--no-dtls", "--no-cli", "--no-stun-backward-compatibility", "--response-origin-only-with-rfc5780", "--no-tlsv1", "--no-tlsv1_1"])
        {
            Assert.DoesNotContain(unknown, arguments);
        }

        Assert.Contains("--no-software-attribute", arguments);
    }

    [Fact]
    public void Build_ReleaseThatCannotTurnOffCli_Throws()
    {
        var help = Help46.Replace("--no-cli\n", "", StringComparison.Ordinal);
        Assert.Contains("--no-cli", Assert.Throws<NotSupportedException>(() => Build(Options, help)).Message, StringComparison.Ordinal);
    }
}
