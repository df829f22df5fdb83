using System.Buffers.Binary;
using MeetOperator.Relay.Channel;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Testing;

namespace MeetOperator.Relay.Tests.Channel;

public sealed class OrderedChannelTests
{
    private static readonly LinkConditions Bad = new() { LossRate = 0.3, DuplicationRate = 0.1, ReorderRate = 0.2, JitterTicks = 10 * TimeSpan.TicksPerMillisecond };

    [Fact]
    public void TryReceive_TenThousandMessagesOnBadNetwork_ArriveOnceInOrder()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var pair = new ChannelPair(seed, Bad);
            var random = new Random(seed);
            for (var i = 0; i < 10_000; i++)
            {
                var message = new byte[random.Next(4, 300)];
                BinaryPrimitives.WriteInt32BigEndian(message, i);
                Assert.True(pair.One.TrySend(message, null), $"seed {seed}, message {i}");
                if (i % 3 == 0)
                {
                    Assert.True(pair.Other.TrySend(message[..4], null));
                }

                if (i % 50 == 0)
                {
                    pair.Run(TimeSpan.FromMilliseconds(100));
                }
            }

            pair.Run(TimeSpan.FromSeconds(30));
            Assert.True(pair.AtOther.Select(message => BinaryPrimitives.ReadInt32BigEndian(message)).SequenceEqual(Enumerable.Range(0, 10_000)), $"seed {seed}");
            Assert.True(pair.AtOne.Select(message => BinaryPrimitives.ReadInt32BigEndian(message)).SequenceEqual(Enumerable.Range(0, 3334).Select(i => 3 * i)), $"seed {seed}");
            Assert.False(pair.One.IsBroken || pair.Other.IsBroken);
        }
    }

    [Fact]
    public void Write_MessagesThatWait_ShareSegments()
    {
        var pair = new ChannelPair(1, LinkConditions.Perfect);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(pair.One.TrySend(new byte[100], null));
        }

        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal(50, pair.AtOther.Count);
        Assert.InRange(pair.SegmentsOfOne, 5, 6);
        Assert.InRange(pair.AcknowledgementsOfOther, 1, 5);
    }

    [Fact]
    public void Write_OneLostSegment_IsSentAgainAfterThreeLaterOnes()
    {
        var (one, other) = (new OrderedChannel { RoundTripTicks = TimeSpan.TicksPerSecond }, new OrderedChannel());
        var buffer = new byte[Segment.MaximumLength];
        for (byte i = 0; i < 4; i++)
        {
            Assert.True(one.TrySend([i], null));
            var length = one.Write(0, buffer, out _);
            if (i > 0)
            {
                Assert.True(other.TryHandleSegment(0, buffer.AsSpan(0, length)));
                Assert.True(one.TryHandleAcknowledgement(0, buffer.AsSpan(0, other.Write(0, buffer, out _))));
            }

            Assert.Equal(i < 3 ? 500 * TimeSpan.TicksPerMillisecond : 0, one.NextTimeoutTicks);
        }

        Assert.True(other.TryHandleSegment(0, buffer.AsSpan(0, one.Write(0, buffer, out _))));
        for (byte i = 0; i < 4; i++)
        {
            Assert.True(other.TryReceive(out var message) && message[0] == i);
        }

        Assert.False(other.TryReceive(out _));
    }

    [Fact]
    public void TrySend_TooManyMessages_ChannelIsBroken()
    {
        var channel = new OrderedChannel();
        var count = 0;
        while (channel.TrySend([1], null))
        {
            count++;
        }

        Assert.Equal(8192, count);
        Assert.True(channel.IsBroken);
        Assert.Equal(0, channel.Write(0, new byte[Segment.MaximumLength], out _));
    }

    [Fact]
    public void TrySend_EmptyOrTooLongMessage_IsRejected()
    {
        var channel = new OrderedChannel();

        Assert.False(channel.TrySend([], null));
        Assert.False(channel.TrySend(new byte[1001], null));
        Assert.True(channel.TrySend(new byte[1000], null));
        Assert.False(channel.IsBroken);
    }

    [Fact]
    public void HandleTimeout_NoAcknowledgementForFiveSeconds_ChannelIsBroken()
    {
        var pair = new ChannelPair(1, new LinkConditions { LossRate = 1 });
        Assert.True(pair.One.TrySend([1], null));

        pair.Run(TimeSpan.FromSeconds(4.9));
        Assert.False(pair.One.IsBroken);
        Assert.InRange(pair.SegmentsOfOne, 8, 16);

        pair.Run(TimeSpan.FromSeconds(0.6));
        Assert.True(pair.One.IsBroken);
    }

    [Fact]
    public void TryHandleSegment_ReceiverDoesNotTakeMessages_StoresABoundedNumber()
    {
        var (one, other) = (new OrderedChannel(), new OrderedChannel());
        var buffer = new byte[Segment.MaximumLength];
        for (var i = 0; i < 200; i++)
        {
            Assert.True(one.TrySend(new byte[1000], null));
            if (one.Write(0, buffer, out _) is > 0 and var length)
            {
                Assert.True(other.TryHandleSegment(0, buffer.AsSpan(0, length)));
                Assert.True(one.TryHandleAcknowledgement(0, buffer.AsSpan(0, other.Write(TimeSpan.TicksPerSecond, buffer, out _))));
            }
        }

        var taken = 0;
        while (other.TryReceive(out _))
        {
            taken++;
        }

        Assert.Equal(64, taken);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000 00000000 00000000000000")]
    [InlineData("00000000 00000001 0000000000000000")] // acknowledges a segment that was not sent
    [InlineData("00000000 00000000 0000000000000001")]
    [InlineData("00000000 00000000 0000000000000000 0003 01 02")] // a message that is cut off
    [InlineData("00000000 00000000 0000000000000000 03E9")] // a message that is too long
    [InlineData("00000000 00000000 0000000000000000 0001 07 00 01")] // no zeros at the end
    [InlineData("00000000 00000000 0000000000000000 00000000")] // more zeros than padding needs
    public void TryHandleSegment_Malformed_ReturnsFalse(string hex) => Assert.False(new OrderedChannel().TryHandleSegment(0, Testing.Hex.Bytes(hex)));

    [Theory]
    [InlineData("00000000 00000000 0000000000000000")]
    [InlineData("00000000 00000000 0000000000000000 0001 07")]
    [InlineData("00000000 00000000 0000000000000000 0001 07 000000")]
    [InlineData("FFFFFFFF 00000000 0000000000000000 0001 07")] // a copy from before the window
    public void TryHandleSegment_WellFormed_ReturnsTrue(string hex) => Assert.True(new OrderedChannel().TryHandleSegment(0, Testing.Hex.Bytes(hex)));

    /// <summary>Two channels joined by a simulated network.</summary>
    private sealed class ChannelPair
    {
        private readonly SimulatedNetwork _network;
        private readonly byte[] _buffer = new byte[Segment.MaximumLength];

        internal ChannelPair(int seed, LinkConditions conditions)
        {
            _network = new SimulatedNetwork(seed, conditions);
            One = new OrderedChannel { RoundTripTicks = 30 * TimeSpan.TicksPerMillisecond };
            Other = new OrderedChannel { RoundTripTicks = 30 * TimeSpan.TicksPerMillisecond };
            _network.Attach(Address(1), (now, _, datagram) => Receive(now, One, AtOne, datagram));
            _network.Attach(Address(2), (now, _, datagram) => Receive(now, Other, AtOther, datagram));
        }

        internal OrderedChannel One { get; }

        internal OrderedChannel Other { get; }

        internal List<byte[]> AtOne { get; } = [];

        internal List<byte[]> AtOther { get; } = [];

        internal int SegmentsOfOne { get; private set; }

        internal int AcknowledgementsOfOther { get; private set; }

        internal void Run(TimeSpan time)
        {
            var end = _network.NowTicks + time.Ticks;
            while (true)
            {
                Poll(One, 1, 2);
                Poll(Other, 2, 1);
                var next = Math.Min(_network.NextDeliveryTicks, Math.Min(Next(One), Next(Other)));
                _network.AdvanceTo(Math.Min(next, end));
                if (next > end)
                {
                    return;
                }

                One.HandleTimeout(_network.NowTicks);
                Other.HandleTimeout(_network.NowTicks);
            }
        }

        private static long Next(OrderedChannel channel) => channel.IsBroken ? long.MaxValue : channel.NextTimeoutTicks;

        private static TransportAddress Address(uint end) => new(end, 1);

        private static void Receive(long nowTicks, OrderedChannel channel, List<byte[]> messages, byte[] datagram)
        {
            Assert.True(datagram[0] == 1 ? channel.TryHandleSegment(nowTicks, datagram.AsSpan(1)) : channel.TryHandleAcknowledgement(nowTicks, datagram.AsSpan(1)));
            while (channel.TryReceive(out var message))
            {
                messages.Add(message.ToArray());
            }
        }

        private void Poll(OrderedChannel channel, uint from, uint to)
        {
            while (channel.Write(_network.NowTicks, _buffer, out var isSegment) is > 0 and var length)
            {
                SegmentsOfOne += channel == One && isSegment ? 1 : 0;
                AcknowledgementsOfOther += channel == Other && !isSegment ? 1 : 0;
                _network.Send(Address(from), Address(to), [(byte)(isSegment ? 1 : 0), .. _buffer.AsSpan(0, length)]);
            }
        }
    }
}
