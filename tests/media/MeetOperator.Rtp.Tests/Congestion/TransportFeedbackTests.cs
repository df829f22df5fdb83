using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Testing;

namespace MeetOperator.Rtp.Tests.Congestion;

public sealed class TransportFeedbackTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private const long Start = 1000 * TimeSpan.TicksPerSecond;

    private readonly TransportArrivals _arrivals = new();

    [Fact]
    public void WriteFeedback_ThreePackets_MatchesDraftEncoding()
    {
        // 64 ms * 10 = 640 ms is the reference; deltas of 4, 8 and (after a gap) 400 units of 250 µs.
        _arrivals.OnPacket(641 * Millisecond, 10);
        _arrivals.OnPacket(643 * Millisecond, 11);
        _arrivals.OnPacket(743 * Millisecond, 13);
        var buffer = new byte[100];

        var length = _arrivals.WriteFeedback(1, 2, buffer);

        // Chunk: two-bit vector, symbols 1 1 0 2.
        Assert.Equal(
            Hex.Bytes("af cd 0006 00000001 00000002 000a 0004 00000a 00 d480 04 08 0190 0002"), buffer[..length]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void WriteFeedback_RandomTraffic_ReportsEveryArrival(int seed)
    {
        var random = new Random(seed);
        var now = Start;
        ushort sequence = 65000;
        var expected = new Dictionary<ushort, long>();
        var reported = new Dictionary<ushort, long>();
        var lost = new List<ushort>();
        var buffer = new byte[1200];
        for (var round = 0; round < 200; round++)
        {
            for (var i = random.Next(1, 60); i > 0; i--, sequence++)
            {
                now += random.Next(30) == 0 ? 300 * Millisecond : random.Next((int)(3 * Millisecond));
                if (random.Next(10) == 0)
                {
                    lost.Add(sequence);
                }
                else
                {
                    _arrivals.OnPacket(now, sequence);
                    expected[sequence] = now;
                }
            }

            while (_arrivals.HasUnreportedPackets)
            {
                var length = _arrivals.WriteFeedback(1, 2, buffer);
                Assert.InRange(length, 20, 1200);
                foreach (var packet in Parse(buffer.AsSpan(0, length)).Packets)
                {
                    if (packet.IsReceived)
                    {
                        reported[packet.SequenceNumber] = packet.ArrivalTicks;
                    }
                    else
                    {
                        Assert.Contains(packet.SequenceNumber, lost);
                    }
                }
            }
        }

        Assert.Equal(expected.Count, reported.Count);
        Assert.All(expected, e => Assert.InRange(e.Value - reported[e.Key], 0, 250 * TimeSpan.TicksPerMicrosecond));
    }

    [Fact]
    public void WriteFeedback_LatePacket_ReportsPacketAsReceived()
    {
        var buffer = new byte[200];
        _arrivals.OnPacket(Start, 1);
        _arrivals.OnPacket(Start + Millisecond, 3);
        _arrivals.WriteFeedback(1, 2, buffer);

        _arrivals.OnPacket(Start + (20 * Millisecond), 2);
        Assert.True(_arrivals.HasUnreportedPackets);
        var length = _arrivals.WriteFeedback(1, 2, buffer);

        var reported = new List<(ushort, bool)>();
        foreach (var packet in Parse(buffer.AsSpan(0, length)).Packets)
        {
            reported.Add((packet.SequenceNumber, packet.IsReceived));
        }

        Assert.Equal([(2, true), (3, true)], reported);
    }

    [Fact]
    public void WriteFeedback_SmallBuffer_SplitsWithoutLoss()
    {
        for (ushort i = 0; i < 500; i++)
        {
            _arrivals.OnPacket(Start + (i * 70 * Millisecond), i);
        }

        var buffer = new byte[64];
        var reported = 0;
        byte count = 0;
        while (_arrivals.HasUnreportedPackets)
        {
            var length = _arrivals.WriteFeedback(1, 2, buffer);
            Assert.InRange(length, 20, 64);
            var feedback = Parse(buffer.AsSpan(0, length));
            Assert.Equal(count++, feedback.FeedbackCount);
            reported += feedback.PacketCount;
        }

        Assert.Equal(500, reported);
    }

    [Fact]
    public void WriteFeedback_BufferTooSmallForOnePacket_ReturnsZero()
    {
        _arrivals.OnPacket(Start, 1);
        Assert.Equal(0, _arrivals.WriteFeedback(1, 2, new byte[20]));
        Assert.True(_arrivals.HasUnreportedPackets);
    }

    [Fact]
    public void OnPacket_JumpAndDuplicates_KeepsWindowBounded()
    {
        _arrivals.OnPacket(Start, 1);
        _arrivals.OnPacket(Start, 20_000);
        _arrivals.OnPacket(Start, 20_000);
        _arrivals.OnPacket(Start, 1); // older than the window
        var buffer = new byte[1200];
        var received = 0;
        while (_arrivals.HasUnreportedPackets)
        {
            var length = _arrivals.WriteFeedback(1, 2, buffer);
            foreach (var packet in Parse(buffer.AsSpan(0, length)).Packets)
            {
                received += packet.IsReceived ? 1 : 0;
            }
        }

        Assert.Equal(1, received);
    }

    [Theory]
    [InlineData(8191)]
    [InlineData(8192)]
    [InlineData(8193)]
    [InlineData(16_384)]
    public void WriteFeedback_AfterJump_IgnoresStaleArrivals(int jump)
    {
        var buffer = new byte[1200];
        for (ushort i = 0; i < 8192; i++)
        {
            _arrivals.OnPacket(Start, i);
        }

        _arrivals.OnPacket(Start, (ushort)(8191 + jump));
        var received = new List<ushort>();
        var lost = 0;
        while (_arrivals.HasUnreportedPackets)
        {
            var length = _arrivals.WriteFeedback(1, 2, buffer);
            foreach (var packet in Parse(buffer.AsSpan(0, length)).Packets)
            {
                if (packet.IsReceived)
                {
                    received.Add(packet.SequenceNumber);
                }
                else
                {
                    lost++;
                }
            }
        }

        // After the shortest jump the window still holds one packet from before the jump.
        ushort[] expected = jump == 8191 ? [8191, 16_382] : [(ushort)(8191 + jump)];
        Assert.Equal(expected, received);
        Assert.Equal(jump == 8191 ? 8190 : 8191, lost);
    }

    [Fact]
    public void WriteFeedback_ManyPackets_AllocatesNothing()
    {
        var buffer = new byte[1200];
        _arrivals.OnPacket(Start, 0);
        _arrivals.WriteFeedback(1, 2, buffer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (ushort i = 1; i < 1000; i++)
        {
            _arrivals.OnPacket(Start + (i * Millisecond), i);
            _arrivals.WriteFeedback(1, 2, buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("8f cd 0003 00000001 00000002 000a 0004")] // no reference time
    [InlineData("8f cd 0004 00000001 00000002 000a 0004 00000a 00")] // no chunk
    [InlineData("8f cd 0005 00000001 00000002 000a 0004 00000a 00 2004 0000")] // a run of four small deltas with only two bytes
    [InlineData("8f cd 0005 00000001 00000002 000a 0004 00000a 00 0000 0000")] // an empty run
    [InlineData("81 cd 0005 00000001 00000002 000a 0004 00000a 00 2002 0000")] // a NACK
    public void TryParse_IncompleteFeedback_ReturnsFalse(string hex)
    {
        var reader = new RtcpReader(Hex.Bytes(hex));
        Assert.True(reader.MoveNext());
        Assert.True(FeedbackMessage.TryParse(reader.Current, out var message));
        Assert.False(TransportFeedback.TryParse(message, out _));
    }

    private static TransportFeedback Parse(ReadOnlySpan<byte> packet)
    {
        var reader = new RtcpReader(packet);
        Assert.True(reader.MoveNext());
        Assert.True(FeedbackMessage.TryParse(reader.Current, out var message));
        Assert.True(TransportFeedback.TryParse(message, out var feedback));
        return feedback;
    }
}
