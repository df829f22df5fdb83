using System.Net;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;

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

    /// <summary>Signaling stands at the other end of all tunnels, so nothing tells which clients are in one household.</summary>
    [Fact]
    public void LineOf_ClientOnTunnel_SharesNoLine()
    {
        using var certificate = DtlsCertificate.Generate();
        using var transport = new PeerTransport(new PeerTransportOptions { LocalCredentials = IceCredentials.Generate(), Certificate = certificate, Random = new Random(1), IsTunnel = true });
        transport.OpenTunnel(0, default(TransportAddress).Over(7));

        Assert.NotNull(transport.SelectedAddress);
        Assert.Null(RoomLines.LineOf(transport));
    }

    private static TransportAddress Address(string address, int port) => TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Parse(address), port));
}
