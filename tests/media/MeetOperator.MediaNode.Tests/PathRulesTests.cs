using System.Net;
using MeetOperator.MediaNode.Paths;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Which paths a room allows.</summary>
public sealed class PathRulesTests
{
    private static readonly RelaySource[] Relays = [Source("10.1.2.3", 49152, 49161), Source("10.1.2.3", 50000, 50000), Source("fd00::7", 1, 65535)];

    [Theory]
    [InlineData("10.1.2.3:49152", true)]
    [InlineData("10.1.2.3:49161", true)]
    [InlineData("10.1.2.3:50000", true)]
    [InlineData("10.1.2.3:49162", false)]
    [InlineData("10.1.2.3:49151", false)]
    [InlineData("10.1.2.4:49152", false)]
    [InlineData("[::ffff:10.1.2.3]:49152", true)]
    [InlineData("[::10.1.2.3]:49152", false)]
    [InlineData("[fd00::7]:9", true)]
    [InlineData("[fd00::8]:9", false)]
    public void Contains_Address_ComparesAddressAndPort(string from, bool isRelay) => Assert.Equal(isRelay, Read(Relays).Contains(At(from)));

    /// <summary>An IPv4-mapped address names the same relay.</summary>
    [Fact]
    public void TryRead_MappedAddress_IsTheIPv4Address() => Assert.True(Read([Source("::ffff:192.0.2.9", 1, 2)]).Contains(At("192.0.2.9:2")));

    [Theory]
    [InlineData("relay.example.com", 1, 2)]
    [InlineData("10.0.0.1", 0, 2)]
    [InlineData("10.0.0.1", 3, 2)]
    [InlineData("10.0.0.1", 3, 65536)]
    public void TryRead_InvalidEntry_SaysWhatIsWrong(string address, int min, int max)
    {
        Assert.False(RelayTable.TryRead([Source(address, min, max)], out _, out var problem));
        Assert.StartsWith("sources must have", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false, false, "direct", nameof(PathDenial.None))]
    [InlineData(false, true, false, "direct", nameof(PathDenial.None))]
    [InlineData(false, true, false, "relay", nameof(PathDenial.None))]
    [InlineData(false, true, false, "tcp", nameof(PathDenial.Tcp))]
    [InlineData(false, false, true, "direct", nameof(PathDenial.None))]
    [InlineData(false, false, true, "relay", nameof(PathDenial.Relay))]
    [InlineData(false, false, true, "tcp", nameof(PathDenial.None))]
    [InlineData(false, false, true, "tcp from relay", nameof(PathDenial.None))]
    [InlineData(true, false, false, "direct", nameof(PathDenial.Direct))]
    [InlineData(true, false, false, "relay", nameof(PathDenial.None))]
    [InlineData(true, false, false, "tcp", nameof(PathDenial.Direct))]
    [InlineData(true, false, false, "tcp from relay", nameof(PathDenial.Direct))]
    [InlineData(true, true, false, "tcp", nameof(PathDenial.Tcp))]
    [InlineData(true, false, true, "relay", nameof(PathDenial.Relay))]
    [InlineData(true, false, true, "direct", nameof(PathDenial.Direct))]
    public void Find_RuleAndPath_GivesTheReason(bool forceRelay, bool denyTcp, bool denyTurn, string path, string expected)
    {
        var rule = new RoomConnectivity { ForceRelay = forceRelay, DenyTcp = denyTcp, DenyTurn = denyTurn };
        var from = At(path.Contains("relay", StringComparison.Ordinal) ? "10.1.2.3:50000" : "203.0.113.5:50000");

        Assert.Equal(expected, PathRules.Find(rule, Read(Relays), path.StartsWith("tcp", StringComparison.Ordinal) ? from.Over(7) : from).ToString());
    }

    [Fact]
    public void Find_RelaysNotKnownYet_DeniesAllThatForceRelayCovers() =>
        Assert.Equal(PathDenial.Direct, PathRules.Find(new RoomConnectivity { ForceRelay = true }, RelayTable.Empty, At("10.1.2.3:50000")));

    private static RelayTable Read(RelaySource[] sources)
    {
        Assert.True(RelayTable.TryRead(sources, out var table, out var problem), problem);
        return table;
    }

    private static RelaySource Source(string address, int min, int max) => new() { Address = address, MinPort = min, MaxPort = max };

    private static TransportAddress At(string endPoint) => TransportAddress.FromIPEndPoint(IPEndPoint.Parse(endPoint));
}
