using System.Net;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Tests.Transport;

public sealed class TransportAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("255.255.255.255:65535")]
    [InlineData("192.0.2.7:3478")]
    public void FromIPEndPoint_IPv4Endpoint_RoundTrips(string text)
    {
        var endPoint = IPEndPoint.Parse(text);
        var address = TransportAddress.FromIPEndPoint(endPoint);

        Assert.Equal(endPoint, address.ToIPEndPoint());
        Assert.Equal(text, address.ToString());
        Assert.Equal(address, new TransportAddress(address.Address, address.Port));
    }

    [Fact]
    public void FromIPEndPoint_MappedAddress_ConvertsToIPv4() =>
        Assert.Equal(
            new TransportAddress(0x7F000001, 9), TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Parse("::ffff:127.0.0.1"), 9)));

    [Fact]
    public void FromIPEndPoint_IPv6_Throws() =>
        Assert.Contains("IPv4", Assert.Throws<ArgumentException>(
            () => TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.IPv6Loopback, 9))).Message, StringComparison.Ordinal);
}
