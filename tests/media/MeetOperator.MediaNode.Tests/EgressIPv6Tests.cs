using System.Net;
using MeetOperator.MediaNode.Egress;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Segmented messages over IPv6: as over IPv4, and independently of it.</summary>
public sealed class EgressIPv6Tests
{
    private const int LargestDatagram = 1500 - 40 - 8;
    private static readonly TransportAddress Usual = TransportAddress.FromIPEndPoint(IPEndPoint.Parse("[fd09::2]:5000"));
    private static readonly TransportAddress Narrow = TransportAddress.FromIPEndPoint(IPEndPoint.Parse("[fd09::3]:5000"));

    /// <summary>A link with two hosts at its far end, which receives all packets and answers none. 1,280 bytes is the smallest MTU of IPv6.</summary>
    private static readonly string[] Link =
    [
        "ip link add near type veth peer name far",
        "ip addr add fd09::1/64 dev near nodad",
        "ip link set near up",
        "ip link set far up",
        "ip neigh add fd09::2 lladdr 02:00:00:00:00:02 dev near",
        "ip neigh add fd09::3 lladdr 02:00:00:00:00:03 dev near",
        "ip -6 route add fd09::3 dev near mtu 1280",
    ];

    [Fact]
    public void Flush_LargestDatagrams_AreSegmented() => OwnNetwork.Run(Link, () =>
    {
        using var socket = new UdpSocket(IPAddress.Parse("fd09::1"), 0, 1 << 20);
        using var egress = new LoopEgress([socket]);

        Assert.Equal(1, SendTen(egress, new EgressLane(egress) { Destination = Usual }, LargestDatagram));
        Assert.Equal((10L, 0L), (egress.SentDatagrams, egress.DiscardedDatagrams));
    });

    [Fact]
    public void Flush_PathWithSmallerMtu_EndsSegmentationThereForAMinute() => OwnNetwork.Run(Link, () =>
    {
        var now = TimeSpan.TicksPerDay;
        using var socket = new UdpSocket(IPAddress.Parse("fd09::1"), 0, 1 << 20);
        using var egress = new LoopEgress([socket], () => now);
        var usual = new EgressLane(egress) { Destination = Usual };
        var narrow = new EgressLane(egress) { Destination = Narrow };

        Assert.Equal((10, 10, 1), (SendTen(egress, narrow, 1300), SendTen(egress, narrow, 1300), SendTen(egress, usual, 1300)));
        Assert.Equal((30L, 0L, true), (egress.SentDatagrams, egress.DiscardedDatagrams, egress.Segmentation));

        OwnNetwork.Execute("ip -6 route replace fd09::3 dev near mtu 1500");
        now += 59 * TimeSpan.TicksPerSecond;
        Assert.Equal(10, SendTen(egress, narrow, 1300));
        now += 2 * TimeSpan.TicksPerSecond;
        Assert.Equal(1, SendTen(egress, narrow, 1300));
    });

    /// <summary>The device of one family cannot segment. The other family continues.</summary>
    [Fact]
    public void Flush_DeviceOfIPv6Rejects_StopsSegmentationForIPv6Only() => OwnNetwork.Run(["ip link set lo up", "ip -6 route add local fd00::/16 dev lo"], () =>
    {
        var now = TimeSpan.TicksPerDay;
        using var ipv4 = new UdpSocket(IPAddress.Loopback, 0, 1 << 20);
        using var ipv6 = new UdpSocket(IPAddress.IPv6Loopback, 0, 1 << 20);
        using var egress = new LoopEgress([ipv4, ipv6], () => now);
        var to4 = TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Loopback, ipv4.Port));
        var to6 = TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.IPv6Loopback, ipv6.Port));
        using (new RejectingDevice(ipv6))
        {
            // Many addresses of one network are one destination.
            SendTenTo(Enumerable.Range(1, 20).Select(i => $"[fd00::{i}]:5000"));
            Assert.True(egress.Segmentation);
            SendTenTo(Enumerable.Range(0, 8).Select(i => $"[fd00:0:0:{i}::1]:5000"));
        }

        Assert.False(egress.Segmentation);
        Assert.Equal((10, 1), (SendTen(egress, new EgressLane(egress) { Destination = to6 }, 1200), SendTen(egress, new EgressLane(egress) { Destination = to4 }, 1200)));
        now += 61 * TimeSpan.TicksPerSecond;
        Assert.Equal(1, SendTen(egress, new EgressLane(egress) { Destination = to6 }, 1200));
        Assert.True(egress.Segmentation);

        void SendTenTo(IEnumerable<string> destinations)
        {
            foreach (var destination in destinations)
            {
                Assert.Equal(10, SendTen(egress, new EgressLane(egress) { Destination = TransportAddress.FromIPEndPoint(IPEndPoint.Parse(destination)) }, 1200));
            }
        }
    });

    /// <summary>The queue of one family is full. The other continues, and the loop waits instead of spinning because the other is writable.</summary>
    [Fact]
    public void Flush_SendBufferOfIPv4Full_IPv6Continues() => OwnNetwork.Run(
        [
            .. Link,
            "ip addr add 10.9.0.1/24 dev near",
            "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev near",
            "tc qdisc add dev near root tbf rate 8kbit burst 2k limit 4mb",
            "ip link set lo up",
        ],
        () =>
        {
            using var wake = new WakeSignal();
            using var ipv4 = new UdpSocket(IPAddress.Parse("10.9.0.1"), 0, 24 * 1024);
            using var ipv6 = new UdpSocket(IPAddress.IPv6Loopback, 0, 1 << 20);
            using var egress = new LoopEgress([ipv4, ipv6]);
            var full = new EgressLane(egress) { Destination = TransportAddress.FromIPEndPoint(IPEndPoint.Parse("10.9.0.2:5000")) };
            var free = new EgressLane(egress) { Destination = TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.IPv6Loopback, ipv6.Port)) };
            for (var i = 0; i < 20; i++)
            {
                SendTen(egress, full, 1200);
            }

            Assert.Equal(1, egress.BlockedSockets);
            Assert.Equal(1, SendTen(egress, free, 1200));
            using var batch = new ReceiveBatch(16);
            Assert.Equal(10, batch.Receive(ipv6));
            var started = TimeProvider.System.GetTimestamp();
            Assert.False(UdpSocket.WaitAny([ipv4, ipv6], wake, TimeSpan.FromMilliseconds(50), egress.BlockedSockets));
            Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromMilliseconds(40));
        });

    /// <summary>One flush holds messages of both families in turn.</summary>
    [Fact]
    public void Flush_LanesOfBothFamilies_SendsEachToItsDestination()
    {
        using var ipv4 = new UdpSocket(IPAddress.Loopback, 0, 1 << 20);
        using var ipv6 = new UdpSocket(IPAddress.IPv6Loopback, 0, 1 << 20);
        using var egress = new LoopEgress([ipv4, ipv6]);
        using var batch = new ReceiveBatch(64);
        for (var i = 0; i < 10; i++)
        {
            var socket = i % 2 == 0 ? ipv4 : ipv6;
            var lane = new EgressLane(egress) { Destination = TransportAddress.FromIPEndPoint(new IPEndPoint(socket.IsIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, socket.Port)) };
            lane.Reserve(100 + i)[..(100 + i)].Fill((byte)i);
            lane.Commit(100 + i);
        }

        egress.Flush();

        Assert.Equal((5, "0 2 4 6 8"), (batch.Receive(ipv4), string.Join(' ', Enumerable.Range(0, 5).Select(i => batch.Datagram(i)[0]))));
        Assert.Equal((5, "1 3 5 7 9"), (batch.Receive(ipv6), string.Join(' ', Enumerable.Range(0, 5).Select(i => batch.Datagram(i)[0]))));
    }

    /// <summary>Returns the number of messages that ten datagrams of one size needed.</summary>
    private static long SendTen(LoopEgress egress, EgressLane lane, int size)
    {
        var before = egress.SentMessages;
        for (var i = 0; i < 10; i++)
        {
            lane.Reserve(size)[..size].Clear();
            lane.Commit(size);
        }

        egress.Flush();
        return egress.SentMessages - before;
    }
}
