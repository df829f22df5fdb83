using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Cluster;

public sealed class WriteSlotsTests
{
    private const int Limit = 100;
    private readonly ManualTime _time = new();
    private readonly WriteSlots _slots;

    public WriteSlotsTests() => _slots = new WriteSlots(Limit, _time);

    [Fact]
    public void Wait_TenThousandMeetingsChangeEachMinute_AtMostLimitEachSecond()
    {
        const int Meetings = 10_000;
        var random = new Random(14);
        var throttle = new WriteThrottle(_time);
        var changed = new Dictionary<int, int>();
        var due = new PriorityQueue<int, int>();
        var perSecond = new Dictionary<int, int>();
        var (oldest, end) = (0, 150 * 100);
        for (var tick = 0; tick < end; tick++)
        {
            if (tick % 6 == 0)
            {
                for (var changes = 0; changes < 10; changes++)
                {
                    var meeting = random.Next(Meetings);
                    if (changed.TryAdd(meeting, tick))
                    {
                        due.Enqueue(meeting, tick);
                    }
                }
            }

            while (due.TryPeek(out _, out var at) && at <= tick)
            {
                var meeting = due.Dequeue();
                var wait = throttle.Wait(Key(meeting));
                wait = wait > TimeSpan.Zero ? wait : _slots.Wait(Key(meeting));
                if (wait > TimeSpan.Zero)
                {
                    due.Enqueue(meeting, tick + (int)Math.Ceiling(wait.TotalMilliseconds / 10));
                    continue;
                }

                throttle.RecordWrite(Key(meeting));
                perSecond[tick / 100] = perSecond.GetValueOrDefault(tick / 100) + 1;
                oldest = Math.Max(oldest, tick - changed[meeting]);
                changed.Remove(meeting);
            }

            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(perSecond.Values.Max(), Limit - 1, Limit);
        Assert.InRange(Math.Max(oldest, end - changed.Values.Min()), 1, 110 * 100); // 10,000 meetings take their turns in 100 s.
    }

    [Fact]
    public void Wait_FewChanges_WritesAtOnce()
    {
        for (var meeting = 0; meeting < 500; meeting++)
        {
            Assert.Equal(TimeSpan.Zero, _slots.Wait(Key(meeting)));
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }
    }

    [Fact]
    public void Wait_ObjectAsksAgain_KeepsItsSlot()
    {
        TakeSlots(3);

        Assert.Equal(TimeSpan.FromMilliseconds(20), _slots.Wait(Key(2)));
        _time.Advance(TimeSpan.FromMilliseconds(15));
        Assert.Equal(TimeSpan.FromMilliseconds(5), _slots.Wait(Key(2)));
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal(TimeSpan.Zero, _slots.Wait(Key(2)));
        Assert.NotEqual(TimeSpan.Zero, _slots.Wait(Key(2)));
    }

    [Fact]
    public void Wait_ProcessWasSuspended_DoesNotWriteAllAtOnce()
    {
        TakeSlots(1000);
        _time.Advance(TimeSpan.FromMinutes(1));

        var waits = Enumerable.Range(1, 999).Select(meeting => _slots.Wait(Key(meeting))).ToList();

        Assert.Equal(Limit, waits.Count(wait => wait == TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromMilliseconds(10 * (999 - Limit)), waits[^1]);
    }

    [Fact]
    public void Forget_SlotNotUsed_NextObjectGetsIt()
    {
        TakeSlots(4);
        _slots.Forget(Key(2));

        Assert.Equal(TimeSpan.FromMilliseconds(20), _slots.Wait(Key(7)));
        Assert.Equal(TimeSpan.FromMilliseconds(40), _slots.Wait(Key(8)));
    }

    [Fact]
    public void Forget_SlotHasPassed_NextObjectGetsLaterOne()
    {
        TakeSlots(4);
        _slots.Forget(Key(2));
        _time.Advance(TimeSpan.FromMilliseconds(25));

        Assert.Equal(TimeSpan.FromMilliseconds(15), _slots.Wait(Key(7)));
    }

    /// <summary>Each leave takes a slot, and the join that follows gives it up.</summary>
    [Fact]
    public void Forget_ObjectsComeAndGo_OthersDoNotWaitLonger()
    {
        TakeSlots(20);
        for (var change = 0; change < 10_000; change++)
        {
            _slots.Wait(Key(20));
            _slots.Forget(Key(20));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(200), _slots.Wait(Key(21)));
    }

    [Fact]
    public void GiveWay_SlotsTaken_MoveBackByOne()
    {
        TakeSlots(3);

        _slots.GiveWay();
        Assert.Equal(30, _slots.Wait(Key(2)).TotalMilliseconds, 0.001);
        _time.Advance(TimeSpan.FromMilliseconds(25));
        Assert.Equal(5, _slots.Wait(Key(2)).TotalMilliseconds, 0.001);
        _time.Advance(TimeSpan.FromMilliseconds(5.001));
        Assert.Equal(TimeSpan.Zero, _slots.Wait(Key(2)));
    }

    [Fact]
    public void GiveWay_ManyTimesAtOnce_HoldsUpSlotsForASecond()
    {
        TakeSlots(101);
        for (var write = 0; write < 5000; write++)
        {
            _slots.GiveWay();
        }

        Assert.Equal(TimeSpan.FromMilliseconds(200), _slots.Wait(Key(1)));
        Assert.Equal(TimeSpan.FromMilliseconds(1950), _slots.Wait(Key(100)));
        _time.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.Equal(TimeSpan.FromMilliseconds(950), _slots.Wait(Key(100)));
        _time.Advance(TimeSpan.FromMilliseconds(950));
        Assert.Equal(TimeSpan.Zero, _slots.Wait(Key(100)));
    }

    [Fact]
    public void GiveWay_WritesNeverPause_SlotsPassSlowly()
    {
        TakeSlots(51);
        for (var tick = 0; tick < 100 * 9; tick++)
        {
            _slots.GiveWay();
            _slots.GiveWay();
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.NotEqual(TimeSpan.Zero, _slots.Wait(Key(50)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, _slots.Wait(Key(45)));
    }

    private void TakeSlots(int count)
    {
        for (var meeting = 0; meeting < count; meeting++)
        {
            Assert.Equal(TimeSpan.FromMilliseconds(10 * meeting), _slots.Wait(Key(meeting)));
        }
    }

    private static NamespacedName Key(int meeting) => new("meet-a", $"m-{meeting}");
}
