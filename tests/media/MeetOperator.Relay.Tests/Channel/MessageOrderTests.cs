using System.Buffers.Binary;
using MeetOperator.Relay.Channel;

namespace MeetOperator.Relay.Tests.Channel;

/// <summary>Messages that supersede waiting ones: the order of what the other end gets about one subject stays right.</summary>
public sealed class MessageOrderTests
{
    [Fact]
    public void TrySend_SameKeyAndNothingBehind_TakesThePlaceOfTheWaitingMessage()
    {
        var (one, other) = (new OrderedChannel(), new OrderedChannel());

        Send(one, 1, Key(1, track: 5));
        Send(one, 2, Key(1, track: 6));
        Send(one, 3, Key(1, track: 5));

        Assert.Equal([3, 2], Deliver(one, other, nowTicks: 0));
        Send(one, 4, Key(1, track: 5));
        Assert.Equal([4], Deliver(one, other, nowTicks: 1));
    }

    [Fact]
    public void TrySend_OtherMessageAboutTheTrackBehind_IsNotOvertaken()
    {
        var (one, other) = (new OrderedChannel(), new OrderedChannel());

        Send(one, 1, Key(1, track: 5));
        Send(one, 2, Key(2, track: 5));
        Send(one, 3, Key(1, track: 5));
        Send(one, 4, Key(1, track: 6));
        Send(one, 5, null);
        Send(one, 6, Key(1, track: 6));

        Assert.Equal([2, 3, 5, 6], Deliver(one, other, nowTicks: 0));
    }

    [Fact]
    public void TrySend_RandomMessages_EachTrackGetsItsMessagesInOrderAndTheLatestStates()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var random = new Random(seed);
            var (one, other) = (new OrderedChannel(), new OrderedChannel());
            var sent = new List<(uint Track, ulong? Key)>();
            var received = new List<int>();
            for (var i = 0; i < 3000; i++)
            {
                var track = (uint)random.Next(4);
                ulong? key = random.Next(3) == 0 ? null : Key((uint)random.Next(1, 4), track);
                sent.Add((track, key));
                Send(one, i, key);
                if (random.Next(50) == 0)
                {
                    received.AddRange(Deliver(one, other, i));
                }
            }

            received.AddRange(Deliver(one, other, 3000));

            for (uint track = 0; track < 4; track++)
            {
                var ofTrack = received.Where(i => sent[i].Track == track).ToArray();
                Assert.True(ofTrack.SequenceEqual(ofTrack.Order()), $"seed {seed}, track {track}");
            }

            var expected = Enumerable.Range(0, sent.Count).Where(i => sent[i].Key is not { } key || !sent.Skip(i + 1).Any(later => later.Key == key));
            Assert.True(expected.All(received.Contains), $"seed {seed}: a message is missing.");
            Assert.Equal(received.Count, received.Distinct().Count());
            Assert.InRange(received.Count, 1000, 2500); // some were superseded
        }
    }

    private static ulong Key(uint type, uint track) => ((ulong)type << 32) | track;

    private static void Send(OrderedChannel channel, int number, ulong? key)
    {
        Span<byte> message = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(message, number);
        Assert.True(channel.TrySend(message, key));
    }

    /// <summary>Delivers all segments and acknowledgements, and returns the numbers of the messages that arrived.</summary>
    private static List<int> Deliver(OrderedChannel one, OrderedChannel other, long nowTicks)
    {
        var received = new List<int>();
        var buffer = new byte[Segment.MaximumLength];
        while (one.Write(nowTicks, buffer, out var isSegment) is > 0 and var length)
        {
            Assert.True(isSegment && other.TryHandleSegment(nowTicks, buffer.AsSpan(0, length)));
            while (other.TryReceive(out var message))
            {
                received.Add(BinaryPrimitives.ReadInt32BigEndian(message));
            }

            length = other.Write(nowTicks + TimeSpan.TicksPerSecond, buffer, out _);
            Assert.True(one.TryHandleAcknowledgement(nowTicks, buffer.AsSpan(0, length)));
        }

        return received;
    }
}
