using MeetOperator.Contracts.SfuPools;
using MeetOperator.Local.Defaults;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Tests;

public sealed class LocalNetworkTests
{
    [Theory]
    [InlineData(8080, "127.31.144")]
    [InlineData(1024, "127.4.0")]
    [InlineData(65535, "127.255.255")]
    public void PodAddressPrefix_EachPort_IsUnique(int port, string expected) =>
        Assert.Equal(expected, LocalNetwork.PodAddressPrefix(port));

    [Fact]
    public void MediaPorts_NextPort_ReturnsNextBlockBelowEphemeralRange()
    {
        var ranges = Enumerable.Range(8080, 188).Select(p => LocalNetwork.MediaPorts(p, _ => true)).ToList();
        Assert.Equal(188, ranges.Select(r => r.Min).Distinct().Count());
        Assert.All(ranges, r => Assert.True(r.Min >= 20_000 && r.Max < 32_768 && r.Max - r.Min == 63));
        Assert.Equal(LocalNetwork.MediaPorts(8080, _ => true), LocalNetwork.MediaPorts(8080, _ => true));
    }

    [Fact]
    public void MediaPorts_OnePortTaken_ReturnsNextBlock()
    {
        var first = LocalNetwork.MediaPorts(8080, _ => true);
        var second = LocalNetwork.MediaPorts(8080, p => p != first.Min + 5);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void MediaPorts_NoneFree_Throws() =>
        Assert.Contains("free UDP ports", Assert.Throws<LocalException>(() => LocalNetwork.MediaPorts(8080, _ => false)).Message, StringComparison.Ordinal);

    [Fact]
    public void TurnPort_Always_IsBeforeMediaPortsAndNotOfNodePorts()
    {
        var ports = Enumerable.Range(8080, 700).Select(p => LocalNetwork.TurnPort(p, _ => true)).ToList();
        Assert.Equal(700, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port!.Value, 19_200, 19_999));
        Assert.True(Enumerable.Range(8080, 188).Min(p => LocalNetwork.MediaPorts(p, _ => true).Min) >= 20_000);
    }

    [Fact]
    public void TurnPort_Taken_IsTheNextOne()
    {
        var first = LocalNetwork.TurnPort(8080, _ => true);
        Assert.Equal(first + 1, LocalNetwork.TurnPort(8080, port => port != first));
        Assert.Null(LocalNetwork.TurnPort(8080, _ => false));
    }

    /// <summary>Linux gives outgoing connections ports up to 60,999, and a pool of a tenant may have 4,096.</summary>
    [Fact]
    public void RelayPorts_Always_AreNotThoseOfBrowsers() =>
        Assert.Equal((61_000, 4_096), (LocalNetwork.RelayPorts.Min, LocalNetwork.RelayPorts.Max - LocalNetwork.RelayPorts.Min + 1));

    [Fact]
    public void Find_ProgramInPath_ReturnsItsPath()
    {
        Assert.Equal("/bin/sh", InstalledPrograms.Find("sh", "/nowhere:/bin"));
        Assert.Null(InstalledPrograms.Find("no-such-program", "/usr/bin:/bin"));
        Assert.Null(InstalledPrograms.Find("sh", null));
    }
}
