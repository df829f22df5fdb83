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

    [Theory]
    [InlineData("--denied-peer-ip=0.0.0.0-255.255.255.255")]
    [InlineData("--denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("--use-auth-secret")]
    [InlineData("--no-tcp-relay")]
    [InlineData("--no-multicast-peers")]
    [InlineData("--no-cli")]
    [InlineData("--no-software-attribute")]
    public void Build_Always_Contains(string argument) => Assert.Contains(argument, CoturnArguments.Build(Options));

    /// <summary>Other processes can read arguments. An address in the arguments could not be removed while coturn runs.</summary>
    [Fact]
    public void Build_Always_HasNeitherSecretsNorAllowedPeers() =>
        Assert.DoesNotContain(CoturnArguments.Build(Options), argument => argument.Contains("secret=", StringComparison.Ordinal) || argument.Contains("allowed-peer-ip", StringComparison.Ordinal));

    [Fact]
    public void Build_ByDefault_RefusesLoopbackPeers()
    {
        Assert.DoesNotContain("--allow-loopback-peers", CoturnArguments.Build(Options));
        Assert.Contains("--allow-loopback-peers", CoturnArguments.Build(Options with { AllowLoopbackPeers = true }));
    }

    [Fact]
    public void Build_Limits_AreSetOnlyWhenWanted()
    {
        Assert.DoesNotContain(CoturnArguments.Build(Options), argument => argument.Contains("quota", StringComparison.Ordinal) || argument.Contains("max-bps", StringComparison.Ordinal));
        var limited = CoturnArguments.Build(Options with { AllocationsPerCredential = 12, Allocations = 500, BytesPerSecond = 1000 });
        Assert.Subset(limited.ToHashSet(), new HashSet<string> { "--user-quota=12", "--total-quota=500", "--max-bps=1000" });
    }

    [Fact]
    public void Build_OneProtocol_ClosesTheOther()
    {
        Assert.Contains("--no-udp", CoturnArguments.Build(Options with { Udp = false }));
        Assert.Contains("--no-tcp", CoturnArguments.Build(Options with { Tcp = false }));
    }

    [Fact]
    public void Build_TlsPort_ListensForCurrentVersionsOfTls()
    {
        Assert.Contains("--no-tls", CoturnArguments.Build(Options));
        var tls = CoturnArguments.Build(Options with { TlsPort = 5349 });
        Assert.DoesNotContain("--no-tls", tls);
        Assert.Subset(tls.ToHashSet(), new HashSet<string> { "--tls-listening-port=5349", "--cert=/data/tls.pem", "--pkey=/data/tls.pem", "--no-tlsv1", "--no-tlsv1_1", "--no-dtls" });
    }
}
