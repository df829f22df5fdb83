using System.Net;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

public sealed class RoomLinesTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::5", "2001:db8:1:2:a::6", true)]
    [InlineData("2001:db8:1:2::5", "2001:db8:1:3::5", false)]
    [InlineData("::1", "192.0.2.1", false)]
    public void NetworkOf_TwoAddresses_TellsWhetherTheyMayShareALine(string one, string other, bool isSame) =>
        Assert.Equal(isSame, RoomLines.NetworkOf(Address(one, 1)) == RoomLines.NetworkOf(Address(other, 2)));

    private static TransportAddress Address(string address, int port) => TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Parse(address), port));
}
