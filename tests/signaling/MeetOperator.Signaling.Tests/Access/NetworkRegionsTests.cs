using System.Net;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Signaling.Access;

namespace MeetOperator.Signaling.Tests.Access;

public sealed class NetworkRegionsTests
{
    private static readonly TenantNetwork[] Networks =
    [
        Network("10.0.0.0/8", "any"),
        Network("10.20.0.0/16", "south"),
        Network("10.20.30.0/24", "office"),
        Network("10.20.0.0/16", "second"),
        Network("2001:db8::/32", "v6"),
        Network("2001:db8:1::/48", "v6-office"),
        Network("not a network", "bad"),
        Network("10.20.30.7/16", "bad"),
    ];

    [Theory]
    [InlineData("10.20.30.7", "office")]
    [InlineData("10.20.31.7", "south")]
    [InlineData("10.99.0.1", "any")]
    [InlineData("11.0.0.1", null)]
    [InlineData("2001:db8:1::5", "v6-office")]
    [InlineData("2001:db8:2::5", "v6")]
    [InlineData("::1", null)]
    public void Find_Address_ReturnsRegionOfLongestPrefix(string address, string? region) => Assert.Equal(region, NetworkRegions.Find(Networks, IPAddress.Parse(address)));

    [Fact]
    public void Find_WholeAddressSpace_ContainsItsFamilyOnly()
    {
        TenantNetwork[] all = [Network("0.0.0.0/0", "four"), Network("::/0", "six")];

        Assert.Equal("four", NetworkRegions.Find(all, IPAddress.Parse("192.0.2.1")));
        Assert.Equal("six", NetworkRegions.Find(all, IPAddress.Parse("2001:db8::1")));
        Assert.Null(NetworkRegions.Find(all, null));
    }

    private static TenantNetwork Network(string cidr, string region) => new() { Cidr = cidr, Region = region };
}
