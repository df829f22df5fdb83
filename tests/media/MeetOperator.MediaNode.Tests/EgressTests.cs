using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Egress;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Datagrams that are sent in segmented messages arrive unchanged.</summary>
public sealed class EgressTests : IDisposable
{
    private readonly UdpSocket _socket = new(IPAddress.Loopback, 0, 1 << 20);
    private readonly LoopEgress _egress;
    private readonly Socket[] _receivers = [Receiver(), Receiver(), Receiver()];

    public EgressTests() => _egress = new LoopEgress([_socket]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Flush_PacketsOfManySizes_ArriveUnchangedInOrder(bool segmentation)
    {
        _egress.UseSegmentation(segmentation);
        int[] sizes = [1100, 1100, 1100, 700, 1100, 1200, 1200, 40, 40, 40, 1200, 1, 1200, .. Enumerable.Repeat(900, 40)];
        var lanes = _receivers.Select(Lane).ToArray();
        for (var i = 0; i < sizes.Length; i++)
        {
            foreach (var lane in lanes)
            {
                Put(lane, i, sizes[i]);
            }
        }

        _egress.Flush();

        foreach (var receiver in _receivers)
        {
            Assert.Equal(sizes.Select((size, i) => (size, i)), Receive(receiver, sizes.Length));
        }

        Assert.Equal((3 * sizes.Length, 3L * sizes.Sum(), 0), (_egress.SentDatagrams, _egress.SentBytes, _egress.DiscardedDatagrams));
        Assert.Equal(segmentation, _egress.Segmentation);
    }

    [Fact]
    public void Flush_DeviceRejectsEightDestinations_StopsSegmentationForAMinute()
    {
        var now = TimeSpan.TicksPerDay;
        using var egress = new LoopEgress([_socket], () => now);
        using (new RejectingDevice(_socket))
        {
            SendTwoEach(egress, peers: 7);
            Assert.True(egress.Segmentation);
            SendTwoEach(egress, peers: 8);
            Assert.False(egress.Segmentation);
        }

        // Off for the whole loop: another peer gets single datagrams too.
        Assert.Equal(2, SendTwoEach(egress, peers: 1));
        now += 59 * TimeSpan.TicksPerSecond;
        Assert.Equal(2, SendTwoEach(egress, peers: 1));
        now += 2 * TimeSpan.TicksPerSecond;
        Assert.Equal(1, SendTwoEach(egress, peers: 1));
        Assert.Equal((36L, 0L), (egress.SentDatagrams, egress.DiscardedDatagrams));

        egress.UseSegmentation(false);
        now += TimeSpan.TicksPerDay;
        Assert.Equal(2, SendTwoEach(egress, peers: 1));
    }

    [Fact]
    public void Flush_MessageAcceptedBetweenRejections_KeepsSegmentation()
    {
        for (var round = 0; round < 3; round++)
        {
            using (new RejectingDevice(_socket))
            {
                SendTwoEach(_egress, peers: 7);
            }

            Assert.Equal(1, SendTwoEach(_egress, peers: 1));
        }

        Assert.True(_egress.Segmentation);
    }

    /// <summary>A destination behind a route of its own, such as an IPsec tunnel, does not slow down all others, however many connections it has.</summary>
    [Fact]
    public void Flush_OneDestinationRejectsAllMessages_KeepsSegmentation()
    {
        using (new RejectingDevice(_socket))
        {
            for (var i = 0; i < 20; i++)
            {
                SendTwoEach(_egress, peers: 1, port: 5_000 + i);
            }
        }

        Assert.True(_egress.Segmentation);
        Assert.Equal(1, SendTwoEach(_egress, peers: 1));
    }

    /// <summary>Sends two datagrams to each of several hosts, on lanes that have sent none before. Returns the number of messages.</summary>
    private static long SendTwoEach(LoopEgress egress, int peers, int port = 5_000)
    {
        var before = egress.SentMessages;
        for (var i = 0; i < peers; i++)
        {
            var lane = new EgressLane(egress) { Destination = TransportAddress.FromIPEndPoint(new IPEndPoint(IPAddress.Parse($"127.0.0.{i + 1}"), port)) };
            Put(lane, 0, 1200);
            Put(lane, 1, 1200);
        }

        egress.Flush();
        return egress.SentMessages - before;
    }

    [Fact]
    public void Reserve_SlabFull_FlushesFirst()
    {
        var lane = Lane(_receivers[0]);
        for (var i = 0; i < 100; i++)
        {
            Put(lane, i, 1200);
        }

        _egress.Flush();

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (1200, i)), Receive(_receivers[0], 100));
    }

    [Fact]
    public void SendControl_BetweenMedia_GoesToItsOwnAddress()
    {
        var lane = Lane(_receivers[0]);
        Put(lane, 0, 100);
        _egress.SendControl(Address(_receivers[1]), new byte[] { 7, 0, 0, 0 });
        _egress.Flush();
        _egress.SendControl(Address(_receivers[2]), new byte[] { 8, 0, 0, 0 });
        _egress.Flush();

        Assert.Equal([(100, 0)], Receive(_receivers[0], 1));
        Assert.Equal([(4, 7)], Receive(_receivers[1], 1));
        Assert.Equal([(4, 8)], Receive(_receivers[2], 1));
    }

    /// <summary>Enough datagrams of different sizes to flush a lane while other lanes still have datagrams.</summary>
    [Fact]
    public void SendControl_MoreThanOneLane_GoesToTheRightAddresses()
    {
        var sizes = Enumerable.Range(0, 200).Select(i => 100 + i).ToList();
        for (var i = 0; i < sizes.Count; i++)
        {
            var datagram = new byte[sizes[i]];
            datagram[0] = (byte)i;
            _egress.SendControl(Address(_receivers[1]), datagram.AsSpan(0, 4));
            _egress.SendControl(Address(_receivers[0]), datagram);
        }

        _egress.Flush();

        Assert.Equal(sizes.Select((size, i) => (size, i)), Receive(_receivers[0], sizes.Count));
        Assert.Equal(sizes.Select((_, i) => (4, i)), Receive(_receivers[1], sizes.Count));
        Assert.Equal(0, _receivers[0].Available + _receivers[1].Available);
    }

    [Fact]
    public void Commit_NothingWritten_SendsNothing()
    {
        var lane = Lane(_receivers[0]);
        lane.Reserve(100);
        lane.Commit(0);

        _egress.Flush();

        Assert.True(_egress.IsEmpty);
        Assert.Equal(0, _egress.SentDatagrams);
    }

    [Fact]
    public void Flush_SteadyState_AllocatesNothing()
    {
        var lanes = _receivers.Select(Lane).ToArray();
        long before = 0;
        for (var round = 0; round < 200; round++)
        {
            before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            foreach (var lane in lanes)
            {
                Put(lane, round, 1000);
            }

            _egress.Flush();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose()
    {
        _egress.Dispose();
        _socket.Dispose();
        foreach (var receiver in _receivers)
        {
            receiver.Dispose();
        }
    }

    private static Socket Receiver()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20, ReceiveTimeout = 5000 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static TransportAddress Address(Socket socket) => TransportAddress.FromIPEndPoint((IPEndPoint)socket.LocalEndPoint!);

    private static void Put(EgressLane lane, int number, int size)
    {
        var room = lane.Reserve(size);
        room[..size].Clear();
        room[0] = (byte)number;
        lane.Commit(size);
    }

    private static List<(int Size, int Number)> Receive(Socket socket, int count)
    {
        var buffer = new byte[4096];
        var got = new List<(int, int)>();
        for (var i = 0; i < count; i++)
        {
            got.Add((socket.Receive(buffer), buffer[0]));
        }

        return got;
    }

    private EgressLane Lane(Socket receiver) => new(_egress) { Destination = Address(receiver) };
}
