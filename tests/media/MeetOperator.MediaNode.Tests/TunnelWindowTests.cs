using MeetOperator.MediaNode.Tunnels;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The bytes under way on a tunnel, over a simulated line with a queue that never drops.</summary>
public sealed class TunnelWindowTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;

    /// <summary>Whoever sends as much as the window allows uses the line, and adds little delay to it.</summary>
    [Theory]
    [InlineData(1_000_000, 20, 220)]
    [InlineData(1_000_000, 100, 260)]
    [InlineData(500_000, 40, 290)]
    [InlineData(10_000_000, 100, 250)]
    public void Line_AlwaysFull_IsUsedWithLittleDelay(int bitsPerSecond, int roundTripMs, int expectedMs)
    {
        var line = new Line(bitsPerSecond, roundTripMs * Millisecond);
        line.Run(100_000);
        line.Reset();

        line.Run(60_000);

        Assert.InRange(line.Delivered * 8 / 60.0, bitsPerSecond * 0.9, bitsPerSecond * 1.001);
        Assert.InRange(line.Longest / (double)Millisecond, roundTripMs, expectedMs);
    }

    [Fact]
    public void Line_BecomesNarrow_QueueDrains()
    {
        var line = new Line(8_000_000, 40 * Millisecond);
        line.Run(10_000);
        line.BitsPerSecond = 500_000;
        line.Run(10_000);
        line.Reset();

        line.Run(5_000);

        Assert.InRange(line.Longest / (double)Millisecond, 40, 250);
    }

    [Fact]
    public void Acknowledge_WhatCannotBe_IsRefused()
    {
        var window = new TunnelWindow();
        window.OnSent(0, 1000);

        Assert.False(window.TryAcknowledge(1, 1001));
        Assert.False(window.TryAcknowledge(1, -1));
        Assert.True(window.TryAcknowledge(1, 600));
        Assert.False(window.TryAcknowledge(2, 500));
        Assert.Equal(TunnelWindow.StartBytes - 400, window.Free);
    }

    [Fact]
    public void Send_WithoutAcknowledgement_EndsAtTheLimit()
    {
        var window = new TunnelWindow();
        var sent = 0L;
        while (window.Free > 0)
        {
            window.OnSent(0, 1000);
            sent += 1000;
        }

        Assert.InRange(sent, TunnelWindow.StartBytes, TunnelWindow.StartBytes + 1000);
    }

    private sealed class Line(int bitsPerSecond, long roundTripTicks)
    {
        private const int PacketBytes = 1000;
        private readonly TunnelWindow _window = new();
        private readonly Queue<(long At, long Total, long Sent)> _acknowledgements = new();
        private long _now;
        private long _freeAt;
        private long _sent;

        public int BitsPerSecond { get; set; } = bitsPerSecond;

        /// <summary>The bytes acknowledged since the last reset.</summary>
        public long Delivered { get; private set; }

        /// <summary>The longest time from sending a byte to its acknowledgement.</summary>
        public long Longest { get; private set; }

        public void Reset() => (Delivered, Longest) = (0, 0);

        public void Run(int milliseconds)
        {
            for (var end = _now + (milliseconds * Millisecond); _now < end; _now += Millisecond)
            {
                while (_acknowledgements.TryPeek(out var next) && next.At <= _now)
                {
                    _acknowledgements.Dequeue();
                    Assert.True(_window.TryAcknowledge(next.At, next.Total));
                    Delivered += PacketBytes;
                    Longest = Math.Max(Longest, next.At - next.Sent);
                }

                while (_window.Free > 0)
                {
                    _window.OnSent(_now, PacketBytes);
                    _sent += PacketBytes;
                    _freeAt = Math.Max(_freeAt, _now) + (PacketBytes * 8 * TimeSpan.TicksPerSecond / BitsPerSecond);
                    _acknowledgements.Enqueue((_freeAt + roundTripTicks, _sent, _now));
                }
            }
        }
    }
}
