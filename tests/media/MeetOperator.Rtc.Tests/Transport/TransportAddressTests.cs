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
        Assert.True(address.IsIPv4);
    }

    [Fact]
    public void FromIPEndPoint_MappedAddress_ConvertsToIPv4() =>
        Assert.Equal(
            new TransportAddress(0x7F000001, 9), TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Parse("::ffff:127.0.0.1"), 9)));

    [Theory]
    [InlineData("[::1]:1")]
    [InlineData("[2001:db8::7]:3478")]
    [InlineData("[fd00:10:20:30:40:50:60:70]:65535")]
    public void FromIPEndPoint_IPv6Endpoint_RoundTrips(string text)
    {
        var address = TransportAddress.FromIPEndPoint(IPEndPoint.Parse(text));

        Assert.Equal((IPEndPoint.Parse(text), text, false), (address.ToIPEndPoint(), address.ToString(), address.IsIPv4));
    }

    [Fact]
    public void Over_Connection_IsAnotherPathOfTheSameEndPoint()
    {
        var udp = new TransportAddress(0x7F000001, 9);
        var tcp = udp.Over(7);

        Assert.Equal((7u, udp.ToIPEndPoint(), "127.0.0.1:9 (TCP)"), (tcp.Connection, tcp.ToIPEndPoint(), tcp.ToString()));
        Assert.True(udp != tcp && udp.Path != tcp.Path && tcp != udp.Over(8) && tcp.Path != udp.Over(8).Path);
        Assert.True(tcp == udp.Over(7) && tcp.Path == udp.Over(7).Path);
    }

    /// <summary>Every bit of address and port belongs to the identity of a path.</summary>
    [Fact]
    public void Path_AddressesThatDifferInOneBit_AreDifferent()
    {
        var all = new HashSet<PathId> { new TransportAddress(0, 0, 0).Path };
        for (var bit = 0; bit < 64; bit++)
        {
            Assert.True(all.Add(new TransportAddress(1UL << bit, 0, 0).Path));
            Assert.True(all.Add(new TransportAddress(0, 1UL << bit, 0).Path));
            Assert.True(bit >= 16 || all.Add(new TransportAddress(0, 0, (ushort)(1 << bit)).Path));
        }

        Assert.Contains(new TransportAddress(0, 8, 0).Path, all);
    }
}
