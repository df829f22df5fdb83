using MeetOperator.MediaNode.Slots;

namespace MeetOperator.MediaNode.Tests;

public sealed class SlotAssignmentTests
{
    private const long Rest = SlotAssignment.RestTicks;
    private readonly SlotAssignment _slots = new(reserve: 1);
    private long _now;
    private long _version = 1;
    private long _confirmed;

    public SlotAssignmentTests() => _slots.Grow(4);

    [Fact]
    public void TryAssign_NewStreams_FillsSlotsInOrder()
    {
        Assert.True(Assign("a", "b"));
        Assert.Equal("ab--", State());
        Assert.False(Assign("b", "a"));
        Assert.Equal(0, _slots.Unplaced);
    }

    [Fact]
    public void TryAssign_StreamUnwantedForAWhile_KeepsItsSlot()
    {
        Assign("a", "b", "c");
        Assert.False(Assign("b"));
        Assert.False(Assign("c", "a", "b"));
        Assert.Equal("abc-", State());
    }

    [Fact]
    public void TryAssign_StreamGone_ReleasesItsSlot()
    {
        Assign("a", "b");

        Assert.True(_slots.TryAssign(_now, [Key("b")], s => s == Key("a"), ++_version, _confirmed));
        Assert.Equal("-b--", State());
    }

    [Fact]
    public void TryAssign_SlotsRunOut_KeepsOneFreeByReleasingTheLeastRecentlyWanted()
    {
        Assign("a", "b", "c");
        Assign("a", "b");
        Assign("a", "c");

        Assert.True(Assign("a", "d"));
        Assert.Equal("a-cd", State()); // the slot of b was not used for d
    }

    [Theory]
    [InlineData(true, 1, true)]
    [InlineData(false, 1, false)] // the client may still take the slot for that of the former stream
    [InlineData(true, 0, false)] // its jitter buffer may still have packets of the former stream
    public void TryAssign_ReleasedSlot_IsUsedAfterConfirmationAndRest(bool confirmed, int rests, bool placed)
    {
        Assign("a", "b", "c", "d");
        Assign("a", "b", "c", "e");
        Assert.Equal("abc-", State());
        Assert.Equal(1, _slots.Unplaced);

        _confirmed = confirmed ? _version : _version - 1;
        _now += rests * Rest;

        Assert.Equal(placed, Assign("a", "b", "c", "e"));
        Assert.Equal(placed ? "abce" : "abc-", State());
    }

    [Fact]
    public void TryAssign_MoreThanSlots_ServesTheFirst()
    {
        Assign("a", "b", "c", "d", "e");

        Assert.Equal("abcd", State());
        Assert.Equal(0, _slots.Unplaced);
    }

    [Fact]
    public void Grow_Later_KeepsStreamsAndAddsReadySlots()
    {
        Assign("a", "b", "c", "d");
        _slots.Grow(6);

        Assign("a", "b", "c", "d", "e");
        Assert.Equal("abcde-", State());
    }

    /// <summary>
    /// A client with random delays of packets, of messages to it, and of its confirmations, never takes a packet of one stream for another. Streams keep their slots,
    /// and everything wanted gets a slot in the end.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TryAssign_RandomWishesAndDelays_ClientNeverConfusesStreams(int seed)
    {
        var random = new Random(seed);
        var slots = new SlotAssignment(reserve: 2);
        slots.Grow(8);
        var (now, version, confirmed) = (0L, 1L, 0L);
        var toClient = new Queue<(long Arrives, long Version, StreamKey?[] Slots)>();
        var toNode = new Queue<(long Arrives, long Version)>();
        var packets = new List<(long Arrives, int Slot, StreamKey Stream)>();
        var client = new StreamKey?[8];
        var wanted = new List<StreamKey>();
        var (lastToClient, lastToNode, attributed) = (0L, 0L, 0);
        for (var i = 0; i < 30_000; i++)
        {
            now += 10 * TimeSpan.TicksPerMillisecond;
            if (i % 7 == 0 && i < 29_000)
            {
                wanted = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => Key($"{(char)('a' + random.Next(14))}")).Distinct()];
            }

            while (toNode.TryPeek(out var confirmation) && confirmation.Arrives <= now)
            {
                confirmed = toNode.Dequeue().Version;
            }

            var before = Enumerable.Range(0, slots.Count).Select(s => slots[s]).ToArray();
            if (slots.TryAssign(now, wanted, _ => false, version + 1, confirmed))
            {
                version++;
                lastToClient = Math.Max(lastToClient, now + Delay(random, 400));
                toClient.Enqueue((lastToClient, version, [.. Enumerable.Range(0, slots.Count).Select(s => slots[s])]));
            }

            for (var s = 0; s < slots.Count; s++)
            {
                Assert.True(before[s] is not { } held || !wanted.Contains(held) || slots[s] == held); // a wanted stream keeps its slot
                Assert.True(before[s] is null || slots[s] is null || slots[s] == before[s]); // never from one stream to another
                if (slots[s] is { } stream)
                {
                    packets.Add((now + Delay(random, 500), s, stream));
                }
            }

            Assert.Equal(slots.Count - Enumerable.Range(0, slots.Count).Count(s => slots[s] is null), Enumerable.Range(0, slots.Count).Select(s => slots[s]).Where(s => s is not null).Distinct().Count());
            while (toClient.TryPeek(out var message) && message.Arrives <= now)
            {
                client = toClient.Dequeue().Slots;
                lastToNode = Math.Max(lastToNode, now + Delay(random, 400));
                toNode.Enqueue((lastToNode, message.Version));
            }

            foreach (var (_, slot, stream) in packets.Where(p => p.Arrives <= now))
            {
                Assert.True(client[slot] is null || client[slot] == stream, $"seed {seed}, step {i}: a packet of {stream} arrives in the slot of {client[slot]}");
                attributed += client[slot] == stream ? 1 : 0;
            }

            packets.RemoveAll(p => p.Arrives <= now);
        }

        Assert.All(wanted, stream => Assert.True(slots.IndexOf(stream) >= 0));
        Assert.True(attributed > 10_000);
    }

    private static long Delay(Random random, int milliseconds) => random.Next(milliseconds) * TimeSpan.TicksPerMillisecond;

    private static StreamKey Key(string id) => new(id, IsScreen: false);

    private bool Assign(params string[] wanted)
    {
        _now++;
        var changed = _slots.TryAssign(_now, [.. wanted.Select(Key)], _ => false, _version + 1, _confirmed);
        _version += changed ? 1 : 0;
        return changed;
    }

    private string State() => string.Concat(Enumerable.Range(0, _slots.Count).Select(i => _slots[i]?.ParticipantId ?? "-"));
}
