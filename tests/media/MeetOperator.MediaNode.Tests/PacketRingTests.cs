using System.Buffers.Binary;
using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The queue between two loops keeps order, loses nothing that it has taken, and stays within its memory.</summary>
public sealed class PacketRingTests
{
    [Fact]
    public void TryRead_BeforePublish_ReturnsNothing()
    {
        var ring = new PacketRing(1024);

        Assert.True(ring.TryWrite(new RingHeader(RingKind.Rtp, 1, 2), [1, 2], [3], 0, out var packet));
        Assert.Equal([1, 2, 3], packet.ToArray());
        Assert.False(ring.HasPackets);
        Assert.False(ring.TryRead(out _, out _));
        Assert.True(ring.Publish());
        Assert.False(ring.Publish());

        Assert.True(ring.TryRead(out var header, out var read));
        Assert.Equal(new RingHeader(RingKind.Rtp, 1, 2), header);
        Assert.Equal([1, 2, 3], read.ToArray());
    }

    [Fact]
    public void TryWrite_Full_FailsUntilTheReaderHasRead()
    {
        var ring = new PacketRing(1024);
        var count = 0;
        while (ring.TryWrite(new RingHeader(RingKind.Rtp, 0, 0), new byte[100], [], 0, out _))
        {
            count++;
        }

        ring.Publish();
        Assert.Equal(1024 / 128, count);
        Assert.True(ring.TryRead(out _, out _));
        Assert.False(ring.TryWrite(new RingHeader(RingKind.Rtp, 0, 0), new byte[100], [], 0, out _)); // the reader still has it
        ring.Advance();
        Assert.True(ring.TryWrite(new RingHeader(RingKind.Rtp, 0, 0), new byte[100], [], 0, out _));
    }

    [Fact]
    public void TryWrite_WithReserve_LeavesThatMuchForOthers()
    {
        var ring = new PacketRing(1024);
        while (ring.TryWrite(new RingHeader(RingKind.Rtp, 0, 0), new byte[40], [], 512, out _))
        {
            // until only the reserve is left
        }

        Assert.InRange(ring.Free, 512, 512 + 64);
        Assert.True(ring.TryWrite(new RingHeader(RingKind.Message, 0, 0), new byte[400], [], 0, out _));
    }

    /// <summary>Two threads and packets of all sizes, so that they meet the end of the memory at each offset.</summary>
    [Fact]
    public async Task TryRead_OtherThreadWrites_ReturnsEverythingInOrder()
    {
        const int Packets = 300_000;
        var ring = new PacketRing(4096);
        var writing = Task.Run(() =>
        {
            var random = new Random(3);
            var bytes = new byte[600];
            for (var i = 0; i < Packets;)
            {
                var length = random.Next(4, bytes.Length);
                bytes.AsSpan().Fill((byte)i);
                BinaryPrimitives.WriteInt32LittleEndian(bytes, i);
                while (!ring.TryWrite(new RingHeader(RingKind.Message, (uint)i, length), bytes.AsSpan(0, 2), bytes.AsSpan(2, length - 2), 0, out _))
                {
                    ring.Publish();
                    Thread.Yield();
                }

                if (++i % 3 == 0)
                {
                    ring.Publish();
                }
            }

            ring.Publish();
        });

        for (var i = 0; i < Packets; i++)
        {
            RingHeader header;
            Span<byte> packet;
            while (!ring.TryRead(out header, out packet))
            {
                Thread.Yield();
            }

            var isIntact = header.Kind == RingKind.Message && header.Channel == i && packet.Length == header.Ticks
                && BinaryPrimitives.ReadInt32LittleEndian(packet) == i && packet[4..].IndexOfAnyExcept((byte)i) < 0;
            Assert.True(isIntact, $"packet {i}");
            packet.Fill(0xFF); // readers change packets in place
            ring.Advance();
        }

        await writing;
        Assert.False(ring.HasPackets);
    }
}
