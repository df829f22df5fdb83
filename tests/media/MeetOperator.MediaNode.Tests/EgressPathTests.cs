using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Egress;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A path that rejects segmented messages does not affect other paths. Messages that do not fit in the send buffer are sent shortly after.</summary>
public sealed class EgressPathTests
{
    private static readonly IPAddress Node = IPAddress.Parse("10.9.0.1");
    private static readonly IPAddress Usual = IPAddress.Parse("10.9.0.2");
    private static readonly IPAddress Narrow = IPAddress.Parse("10.9.0.3");

    /// <summary>A link with two hosts at its far end, which receives all packets and answers none.</summary>
    private static readonly string[] Link =
    [
        "ip link add near type veth peer name far",
        "ip addr add 10.9.0.1/24 dev near",
        "ip link set near up",
        "ip link set far up",
        "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev near",
        "ip neigh add 10.9.0.3 lladdr 02:00:00:00:00:03 dev near",
    ];

    [Fact]
    public void Flush_PathWithSmallerMtu_DisablesSegmentationThereOnly() => OwnNetwork.Run([.. Link, "ip route add 10.9.0.3 dev near mtu 1000"], () =>
    {
        using var socket = new UdpSocket(Node, 0, 1 << 20);
        using var egress = new LoopEgress([socket]);
        var usual = new EgressLane(egress) { Destination = new TransportAddress(Address(Usual), 5000) };
        var narrow = new EgressLane(egress) { Destination = new TransportAddress(Address(Narrow), 5000) };
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 10; i++)
            {
                Put(narrow, 1200);
                Put(usual, 1200);
            }

            egress.Flush();
        }

        Assert.True(egress.Segmentation);
        Assert.Equal((60L, 0L), (egress.SentDatagrams, egress.DiscardedDatagrams));

        // Three segmented messages on one path, thirty single ones on the other.
        Assert.Equal(33, egress.SentMessages);
    });

    [Fact]
    public void Flush_NewDestination_EnablesSegmentationAgain() => OwnNetwork.Run([.. Link, "ip route add 10.9.0.3 dev near mtu 1000"], () =>
    {
        using var socket = new UdpSocket(Node, 0, 1 << 20);
        using var egress = new LoopEgress([socket]);
        var lane = new EgressLane(egress) { Destination = new TransportAddress(Address(Narrow), 5000) };
        Put(lane, 1200);
        Put(lane, 1200);
        egress.Flush();
        Assert.Equal(2, egress.SentMessages);

        lane.Destination = new TransportAddress(Address(Usual), 5000);
        Put(lane, 1200);
        Put(lane, 1200);
        egress.Flush();

        Assert.Equal((3L, 4L), (egress.SentMessages, egress.SentDatagrams));
    });

    [Fact]
    public void Flush_PathMtuRestored_EnablesSegmentationAfterAMinute() => OwnNetwork.Run([.. Link, "ip route add 10.9.0.3 dev near mtu 1000"], () =>
    {
        var now = TimeSpan.TicksPerDay;
        using var socket = new UdpSocket(Node, 0, 1 << 20);
        using var egress = new LoopEgress([socket], () => now);
        var lane = new EgressLane(egress) { Destination = new TransportAddress(Address(Narrow), 5000) };
        long MessagesForTwo()
        {
            var before = egress.SentMessages;
            Put(lane, 1200);
            Put(lane, 1200);
            egress.Flush();
            return egress.SentMessages - before;
        }

        Assert.Equal(2, MessagesForTwo());
        OwnNetwork.Execute("ip route replace 10.9.0.3 dev near");

        now += 59 * TimeSpan.TicksPerSecond;
        Assert.Equal(2, MessagesForTwo());
        now += 2 * TimeSpan.TicksPerSecond;
        Assert.Equal(1, MessagesForTwo());
    });

    [Fact]
    public void Flush_SendBufferFull_SendsTheBacklogLater() => OwnNetwork.Run([.. Link, "tc qdisc add dev near root tbf rate 20mbit burst 20k limit 4mb"], () =>
    {
        // The send buffer holds about 20 ms of traffic on this link; the test sends 48 ms.
        using var socket = new UdpSocket(Node, 0, 24 * 1024);
        using var egress = new LoopEgress([socket]);
        using var wake = new WakeSignal();
        var lane = new EgressLane(egress) { Destination = new TransportAddress(Address(Usual), 5000) };
        for (var i = 0; i < 100; i++)
        {
            Put(lane, 1200);
        }

        egress.Flush();
        Assert.True(egress.IsBlocked);
        Assert.Equal(0, egress.DiscardedDatagrams);

        var limit = Stopwatch.StartNew();
        while (egress.IsBlocked)
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(30));
            socket.Wait(wake, TimeSpan.FromSeconds(1), untilWritable: true);
            egress.Drain();
        }

        Assert.Equal(100, egress.SentDatagrams + egress.DiscardedDatagrams);
        Assert.True(egress.SentDatagrams > 60, $"{egress.SentDatagrams} of 100 datagrams sent");
        Assert.True(egress.DelayedMessages > 0);
    });

    [Fact]
    public void Flush_SendBufferStaysFull_DropsLateMessages() => OwnNetwork.Run([.. Link, "tc qdisc add dev near root tbf rate 8kbit burst 2k limit 4mb"], () =>
    {
        using var socket = new UdpSocket(Node, 0, 24 * 1024);
        using var egress = new LoopEgress([socket]);
        using var wake = new WakeSignal();
        var lane = new EgressLane(egress) { Destination = new TransportAddress(Address(Usual), 5000) };
        for (var i = 0; i < 3000; i++)
        {
            Put(lane, 1200);
        }

        egress.Flush();
        var discarded = egress.DiscardedDatagrams;
        Assert.InRange(discarded, 3000 - (EgressBacklog.CapacityBytes / 1200) - 200, 3000);

        var limit = Stopwatch.StartNew();
        while (egress.IsBlocked)
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(30));
            socket.Wait(wake, EgressBacklog.MaxAge, untilWritable: true);
            egress.Drain();
        }

        Assert.Equal(3000, egress.SentDatagrams + egress.DiscardedDatagrams);
        Assert.True(egress.DiscardedDatagrams > discarded);
    });

    private static uint Address(IPAddress address) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static void Put(EgressLane lane, int size)
    {
        lane.Reserve(size)[..size].Clear();
        lane.Commit(size);
    }
}
