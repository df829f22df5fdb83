using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class MoveScheduleTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>The slowest case: somebody in each batch does not connect within the time that a batch waits.</summary>
    [Theory]
    [InlineData(500, 60)]
    [InlineData(300, 20)]
    [InlineData(20, 5)]
    public void Take_SlowMemberInEachBatch_AllStartInTime(int members, int seconds)
    {
        var (schedule, end) = (With(members), Start + TimeSpan.FromSeconds(seconds));
        for (var now = Start; now < end; now += MoveSchedule.Interval)
        {
            Connect(schedule, schedule.Take(now, end - now).Skip(1));
        }

        Assert.False(schedule.HasWaiting);
    }

    [Fact]
    public void Take_ManyMembers_StartsFiveAtOnce()
    {
        var schedule = With(12);

        Assert.Equal(["p0", "p1", "p2", "p3", "p4"], schedule.Take(Start, Minute));
        Assert.Empty(schedule.Take(Start, Minute));
    }

    [Fact]
    public void Take_BatchConnected_StartsNextAfterInterval()
    {
        var schedule = With(12);
        Connect(schedule, schedule.Take(Start, Minute));

        Assert.Empty(schedule.Take(Start + MoveSchedule.Interval - Millisecond, Minute));
        Assert.Equal(["p5", "p6", "p7", "p8", "p9"], schedule.Take(Start + MoveSchedule.Interval, Minute));
    }

    [Fact]
    public void Take_OneOfBatchNotConnected_WaitsTwoSeconds()
    {
        var schedule = With(12);
        Connect(schedule, schedule.Take(Start, Minute).Skip(1));

        Assert.Empty(schedule.Take(Start + MoveSchedule.Patience - Millisecond, Minute));
        Assert.Equal(5, schedule.Take(Start + MoveSchedule.Patience, Minute).Count);
    }

    [Fact]
    public void Take_NobodyConnects_StartsAtMostTwenty()
    {
        var schedule = With(30);
        var started = 0;
        for (var now = Start; now < Start + MoveSchedule.GiveUpAfter; now += MoveSchedule.Interval)
        {
            started += schedule.Take(now, Minute).Count;
        }

        Assert.Equal(20, started);
        Assert.Equal(5, schedule.Take(Start + MoveSchedule.GiveUpAfter, Minute).Count); // those of the first batch no longer count
    }

    [Fact]
    public void Take_MemberCancelledOrGone_IsNotStarted()
    {
        var schedule = With(7);
        schedule.Cancel("p1");
        schedule.Remove("p2");

        Assert.Equal(["p0", "p3", "p4", "p5", "p6"], schedule.Take(Start, Minute));
        Assert.False(schedule.HasWaiting);
    }

    [Fact]
    public void Take_MemberOfBatchGone_IsNotWaitedFor()
    {
        var schedule = With(6);
        foreach (var participant in schedule.Take(Start, Minute))
        {
            schedule.Remove(participant);
        }

        Assert.Equal(["p5"], schedule.Take(Start + MoveSchedule.Interval, Minute));
    }

    [Fact]
    public void Add_MemberWaits_StartsOnce()
    {
        var schedule = With(1);
        schedule.Add("p0");

        Assert.Single(schedule.Take(Start, Minute));
        Assert.False(schedule.HasWaiting);
    }

    private static MoveSchedule With(int members)
    {
        var schedule = new MoveSchedule();
        for (var i = 0; i < members; i++)
        {
            schedule.Add($"p{i}");
        }

        return schedule;
    }

    private static void Connect(MoveSchedule schedule, IEnumerable<string> members)
    {
        foreach (var member in members.ToArray())
        {
            schedule.MarkConnected(member);
        }
    }
}
