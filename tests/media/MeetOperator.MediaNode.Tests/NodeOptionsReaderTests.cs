using System.Net;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.MediaNode.Settings;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class NodeOptionsReaderTests
{
    private static readonly NodeCredentials Given = TestNode.Authority.Node("ns", "default-abcde");
    private readonly Dictionary<string, string> _environment = new()
    {
        ["MEET_NODE_NAME"] = "default-abcde",
        ["MEET_NODE_CERTIFICATE"] = Given.Certificate,
        ["MEET_NODE_KEY"] = Given.Key,
        ["MEET_NODE_AUTHORITIES"] = Given.Authorities,
        ["MEET_UDP_PORTS"] = "10000, 10001",
        ["MEET_ADVERTISED_ADDRESSES"] = "192.0.2.1,127.0.0.1",
    };

    [Fact]
    public void Read_RequiredVariables_UsesDefaultsForTheRest()
    {
        var options = NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.Loopback], out var errors);

        Assert.Empty(errors);
        Assert.Equal([10000, 10001], options!.UdpPorts);
        Assert.Equal(["192.0.2.1", "127.0.0.1"], options.AdvertisedAddresses.Select(a => a.ToString()));
        Assert.Equal("0.0.0.0:8090", options.ControlAddress.ToString());
        Assert.Equal(500, options.MaxParticipants);
        Assert.Equal(25, options.ShutdownTimeout.TotalSeconds);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("0", null)]
    [InlineData("10001", 10001)]
    public void Read_TcpPort_IsOptional(string? text, int? expected)
    {
        _environment["MEET_TCP_PORT"] = text!;

        Assert.Equal(expected, NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.Loopback], out _)!.TcpPort);
        _environment["MEET_TCP_PORT"] = "65536";
        Assert.Null(NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.Loopback], out var errors));
        Assert.Contains("MEET_TCP_PORT", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.1", "0.0.0.0")]
    [InlineData("192.0.2.1,127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1,127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1,10.1.2.3", "0.0.0.0")]
    [InlineData("::1", "::1")]
    [InlineData("2001:db8::1", "::")]
    [InlineData("::1,127.0.0.1", "127.0.0.1,::1")]
    [InlineData("192.0.2.1,127.0.0.1,2001:db8::1,2001:db8::2", "127.0.0.1,::")]
    public void Read_OneLocalAdvertisedAddress_BindsToIt(string advertised, string bound)
    {
        _environment["MEET_ADVERTISED_ADDRESSES"] = advertised;

        var options = NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.Loopback, IPAddress.Parse("10.1.2.3"), IPAddress.IPv6Loopback], out _);

        Assert.Equal(bound, string.Join(',', options!.BindAddresses));
    }

    [Theory]
    [InlineData(null, "192.0.2.1,2001:db8::1")]
    [InlineData("IPv4", "192.0.2.1")]
    [InlineData("IPv6", "2001:db8::1")]
    [InlineData("IPv6,IPv4", "192.0.2.1,2001:db8::1")]
    public void Read_IpFamilies_KeepsAddressesOfThem(string? families, string expected)
    {
        _environment["MEET_ADVERTISED_ADDRESSES"] = "192.0.2.1,2001:db8::1,::ffff:192.0.2.1";
        if (families is not null)
        {
            _environment["MEET_IP_FAMILIES"] = families;
        }

        Assert.Equal(expected, string.Join(',', NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.IPv6Loopback], out _)!.AdvertisedAddresses));
    }

    [Fact]
    public void Read_IPv6Disabled_ServesIPv4Only()
    {
        _environment["MEET_ADVERTISED_ADDRESSES"] = "2001:db8::1,192.0.2.1";

        var options = NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.Loopback], out var errors)!;

        Assert.Empty(errors);
        Assert.Equal(["192.0.2.1"], options.AdvertisedAddresses.Select(a => a.ToString()));
        Assert.Equal(["2001:db8::1"], options.UnservedAddresses.Select(a => a.ToString()));
        Assert.Equal([IPAddress.Any], options.BindAddresses);
    }

    [Theory]
    [InlineData("2001:db8::1", "IPv4,IPv6")]
    [InlineData("2001:db8::1,192.0.2.1", "IPv6")]
    public void Read_IPv6DisabledButRequired_SaysSo(string advertised, string families)
    {
        _environment["MEET_ADVERTISED_ADDRESSES"] = advertised;
        _environment["MEET_IP_FAMILIES"] = families;

        Assert.Null(NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.Loopback], out var errors));
        Assert.Contains("IPv6 is disabled here", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.251.1.7:8090", "10.251.1.7:8090")]
    [InlineData("[::1]:8090", "[::1]:8090")]
    [InlineData("fd00:10::17:8090", "[fd00:10::17]:8090")]
    public void Read_ControlAddress_AcceptsIPv4AndIPv6(string text, string expected)
    {
        _environment["MEET_CONTROL_ADDRESS"] = text;

        Assert.Equal(expected, NodeOptionsReader.Read(_environment.GetValueOrDefault, [], out _)!.ControlAddress.ToString());
    }

    [Theory]
    [InlineData("MEET_NODE_NAME", "")]
    [InlineData("MEET_NODE_CERTIFICATE", "short")]
    [InlineData("MEET_NODE_KEY", "")]
    [InlineData("MEET_NODE_AUTHORITIES", "")]
    [InlineData("MEET_CONTROL_ADDRESS", "8090")]
    [InlineData("MEET_CONTROL_ADDRESS", "localhost:8090")]
    [InlineData("MEET_UDP_PORTS", "")]
    [InlineData("MEET_UDP_PORTS", "10000,10000")]
    [InlineData("MEET_UDP_PORTS", "0")]
    [InlineData("MEET_UDP_PORTS", "70000")]
    [InlineData("MEET_ADVERTISED_ADDRESSES", "")]
    [InlineData("MEET_ADVERTISED_ADDRESSES", "fe80::1")]
    [InlineData("MEET_IP_FAMILIES", "IPv5")]
    [InlineData("MEET_IP_FAMILIES", "IPv6")]
    [InlineData("MEET_ADVERTISED_ADDRESSES", "host")]
    [InlineData("MEET_MAX_PARTICIPANTS", "many")]
    [InlineData("MEET_MAX_PARTICIPANTS", "0")]
    [InlineData("MEET_SHUTDOWN_SECONDS", "soon")]
    [InlineData("MEET_CONTROL_ADDRESS", "127.0.0.1:0")]
    public void Read_InvalidValue_NamesTheVariable(string variable, string value)
    {
        _environment[variable] = value;

        Assert.Null(NodeOptionsReader.Read(_environment.GetValueOrDefault, [IPAddress.Loopback], out var errors));
        Assert.Contains(errors, e => e.Contains(variable, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_EmptyEnvironment_NamesEveryRequiredVariable()
    {
        NodeOptionsReader.Read(_ => null, [], out var errors);

        Assert.Equal(4, errors.Count);
    }
}
