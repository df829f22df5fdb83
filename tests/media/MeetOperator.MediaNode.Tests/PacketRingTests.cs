using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    /// <summary>What one thread changes for each packet is not on the cache line, or the line beside it, of what the other one changes.</summary>
    [Fact]
    public void Positions_OfWriterAndReader_AreTwoCacheLinesApart()
    {
        string[] writer = [nameof(RingPositions.Written), nameof(RingPositions.KnownRead), nameof(RingPositions.Published)];
        string[] reader = [nameof(RingPositions.Read), nameof(RingPositions.Next), nameof(RingPositions.KnownPublished)];

        Assert.All(writer, w => Assert.All(reader, r => Assert.True(Math.Abs(OffsetOf(w) - OffsetOf(r)) >= 96, $"{w} and {r}")));
        Assert.True(OffsetOf(nameof(RingPositions.Read)) - OffsetOf(nameof(RingPositions.Published)) >= RingPositions.Spacing);
        Assert.All(writer.Concat(reader), field => Assert.InRange(OffsetOf(field), 128, Unsafe.SizeOf<RingPositions>() - 128)); // neither beside fields of other objects

        static int OffsetOf(string field) => (int)Marshal.OffsetOf<RingPositions>(field);
    }

    /// <summary>All orders in which packets of two sizes can be written, made visible and read, in a ring that is full after a few.</summary>
    [Fact]
    public void TryRead_AllOrdersOfCalls_ReturnsWhatWasPublished()
    {
        const int Calls = 9;
        for (var order = 0; order < 1 << (2 * Calls); order++)
        {
            var (ring, written, published, number) = (new PacketRing(256), new Queue<byte>(), new Queue<byte>(), (byte)0);
            for (var call = 0; call < Calls; call++)
            {
                switch (order >> (2 * call) & 3)
                {
                    case 0 when ring.TryWrite(new RingHeader(RingKind.Rtp, number, 0), [number], [], 0, out _):
                        written.Enqueue(number++);
                        break;
                    case 1 when ring.TryWrite(new RingHeader(RingKind.Rtp, number, 0), [number], new byte[70], 0, out _):
                        written.Enqueue(number++);
                        break;
                    case 2:
                        Assert.Equal(written.Count > 0, ring.Publish());
                        while (written.TryDequeue(out var visible))
                        {
                            published.Enqueue(visible);
                        }

                        break;
                    case 3:
                        Assert.Equal(published.TryDequeue(out var expected), ring.TryRead(out var header, out var packet));
                        if (!packet.IsEmpty)
                        {
                            Assert.Equal((expected, (uint)expected), (packet[0], header.Channel));
                            packet.Fill(0xFF);
                            ring.Advance();
                        }

                        break;
                }
            }

            Assert.Equal(published.Count > 0, ring.HasPackets);
        }
    }

    /// <summary>Two threads and packets of all sizes, so that they meet the end of the memory at each offset.</summary>
    /// <param name="capacity">The size of the ring.</param>
    /// <param name="interval">After how many packets the writer makes them visible. It also does when the ring is full.</param>
    [Theory]
    [InlineData(2048, 1)]
    [InlineData(4096, 3)]
    [InlineData(4096, int.MaxValue)]
    [InlineData(65_536, 50)]
    public async Task TryRead_OtherThreadWrites_ReturnsEverythingInOrder(int capacity, int interval)
    {
        const int Packets = 200_000;
        var ring = new PacketRing(capacity);
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

                if (++i % interval == 0)
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
