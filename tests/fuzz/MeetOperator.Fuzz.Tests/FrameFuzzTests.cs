using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Fuzz.Tests;

public sealed class FrameFuzzTests
{
    private static readonly byte[][] Streams = [[0, 1, 7], [0, 0, 0, 3, 1, 2, 3, 0, 2, 9], [0xFF, 0xFF, 1], [8, 0, .. new byte[2048]], [8, 1, 1, 2]];

    /// <summary>However the bytes of a stream arrive, the same packets come out of it, none longer than allowed.</summary>
    [Fact]
    public void Read_AnyBytesInAnyPieces_GivesTheSamePackets() => FuzzLoop.Run(Streams, input =>
    {
        const int Maximum = 2048;
        var (end, status) = (0, FrameStatus.Incomplete);
        var packets = 0;
        while ((status = StreamFraming.Read(input[end..], Maximum, out var length)) == FrameStatus.Complete)
        {
            Assert.True(length is >= 0 and <= Maximum);
            end += StreamFraming.HeaderBytes + length;
            packets++;
        }

        Assert.True(end <= input.Length && packets <= (input.Length / StreamFraming.HeaderBytes));

        // The same byte by byte.
        var start = 0;
        for (var received = 0; received <= input.Length && packets >= 0; received++)
        {
            var piece = StreamFraming.Read(input[start..received], Maximum, out var length);
            if (piece == FrameStatus.Complete)
            {
                start += StreamFraming.HeaderBytes + length;
                packets--;
            }
            else if (piece == FrameStatus.TooLong)
            {
                break;
            }
        }

        Assert.Equal((0, end), (packets, start));
        Assert.Equal(status, StreamFraming.Read(input[start..], Maximum, out _));
    });

    [Fact]
    public void Write_PacketOfAnyLength_IsReadUnchanged() => FuzzLoop.Run(Streams, input =>
    {
        Span<byte> stream = new byte[StreamFraming.HeaderBytes + input.Length + 1];
        StreamFraming.WriteHeader(stream, input.Length);
        input.CopyTo(stream[StreamFraming.HeaderBytes..]);

        Assert.Equal(FrameStatus.Complete, StreamFraming.Read(stream, ushort.MaxValue, out var length));
        Assert.True(input.SequenceEqual(stream.Slice(StreamFraming.HeaderBytes, length)));
        Assert.Equal(FrameStatus.Incomplete, StreamFraming.Read(stream[..(StreamFraming.HeaderBytes + input.Length - 1)], ushort.MaxValue, out _));
    });
}
