using System.Collections.Concurrent;
using MeetOperator.Signaling.Media;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class MoveTurnsTests
{
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly MoveTurns _turns = new();

    [Fact]
    public void Take_TwentyMeetings_FiveMembersStartAtOnce()
    {
        var meetings = Meetings(20, members: 2);

        Assert.Equal(["m0-0", "m0-1", "m1-0", "m1-1", "m2-0"], meetings.SelectMany(meeting => _turns.Take(meeting, Start, Minute)));
    }

    [Fact]
    public void Take_MemberIsConnected_NextOneStarts()
    {
        var meetings = Meetings(20, members: 2);
        TakeAll(meetings, Start, Minute);

        _turns.End("m1-0");

        Assert.Equal(["m3-0"], TakeAll(meetings[3..], Start, Minute));
    }

    [Fact]
    public void Take_NobodyIsConnected_OthersStartAfterTwoSeconds()
    {
        var meetings = Meetings(20, members: 2);
        TakeAll(meetings, Start, Minute);

        Assert.Empty(TakeAll(meetings, Start + MoveSchedule.Patience - TimeSpan.FromMilliseconds(1), Minute));
        Assert.Equal(5, TakeAll(meetings, Start + MoveSchedule.Patience, Minute).Length);
    }

    /// <summary>The slowest case: no member connects before its turn ends.</summary>
    [Theory]
    [InlineData(200, 5, 60)]
    [InlineData(100, 8, 20)]
    [InlineData(3, 2, 5)]
    public void Take_ManyMeetingsAndSlowMembers_AllStartInTime(int meetings, int members, int seconds)
    {
        var (schedules, end) = (Meetings(meetings, members), Start + TimeSpan.FromSeconds(seconds));
        for (var now = Start; now < end; now += MoveSchedule.Interval)
        {
            TakeAll(schedules, now, end - now);
        }

        Assert.All(schedules, schedule => Assert.False(schedule.HasWaiting));
    }

    [Fact]
    public void Leave_MeetingIsDone_ItsMembersDoNotCountAsWaiting()
    {
        var large = Meeting("large", 400);
        _turns.Take(large, Start, Minute);
        _turns.Leave(large);

        Assert.Equal(5, TakeAll(Meetings(10, members: 5), Start + MoveSchedule.GiveUpAfter, Minute).Length);
    }

    /// <summary>A large meeting of which only one member could start goes on as soon as turns of other meetings end.</summary>
    [Fact]
    public void Take_LargeMeetingGotOneTurn_TakesFurtherOnesThatAreFree()
    {
        var (others, large) = (Meetings(2, members: 2), Meeting("large", 50));
        TakeAll(others, Start, Minute);
        Assert.Single(_turns.Take(large, Start, Minute));

        foreach (var member in new[] { "m0-0", "m0-1", "m1-0" })
        {
            _turns.End(member);
        }

        Assert.Equal(3, _turns.Take(large, Start + MoveSchedule.Interval, Minute).Count);
    }

    [Fact]
    public void Take_LastSeconds_WaitsForNoOtherMeeting()
    {
        Assert.Equal(40, TakeAll(Meetings(20, members: 2), Start, TimeSpan.FromSeconds(2)).Length);

        Assert.Equal(2, _turns.Take(Meeting("late", 2), Start, TimeSpan.FromSeconds(4)).Count);
    }

    /// <summary>A meeting of 400 beside many small ones, on media nodes that are left at different times.</summary>
    [Fact]
    public void Take_MeetingsOfDifferentSizesAndTimes_AllStartInTime()
    {
        MoveSchedule[] schedules = [Meeting("large", 400), .. Meetings(200, members: 2)];
        for (var now = Start; now < Start + Minute; now += MoveSchedule.Interval)
        {
            foreach (var (schedule, index) in schedules.Select((schedule, index) => (schedule, index)))
            {
                var end = Start + TimeSpan.FromSeconds(index % 2 == 0 ? 60 : 20);
                if (now < end)
                {
                    _turns.Take(schedule, now, end - now);
                }
            }
        }

        Assert.All(schedules, schedule => Assert.False(schedule.HasWaiting));
    }

    /// <summary>Two meetings on one replica: the members of the second one start when those of the first are connected or gone.</summary>
    [Fact]
    public async Task Members_FirstMeetingIsConnectedOrGone_SecondOneStarts()
    {
        var (time, started) = (new ManualTime(), new ConcurrentQueue<string>());
        var began = time.GetTimestamp();
        await using var first = new MemberMoves(time, _turns, () => Minute, started.Enqueue);
        await using var second = new MemberMoves(time, _turns, () => Minute, started.Enqueue);
        for (var member = 0; member < 5; member++)
        {
            first.Add($"first-{member}");
        }

        await Eventually.TrueAsync(() => started.Count == 5, "the first meeting has all turns");
        second.Add("second-0");
        second.Add("second-1");

        first.MarkConnected("first-0");
        first.Remove("first-1");

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return started.Contains("second-0") && started.Contains("second-1");
            },
            "the second meeting has the two turns");
        Assert.True(time.GetElapsedTime(began) < MoveSchedule.Patience, "before the turns of the others are over");
    }

    private string[] TakeAll(IEnumerable<MoveSchedule> meetings, TimeSpan now, TimeSpan left) => [.. meetings.SelectMany(meeting => _turns.Take(meeting, now, left))];

    private static MoveSchedule[] Meetings(int count, int members) => [.. Enumerable.Range(0, count).Select(meeting => Meeting($"m{meeting}", members))];

    private static MoveSchedule Meeting(string name, int members)
    {
        var schedule = new MoveSchedule();
        for (var member = 0; member < members; member++)
        {
            schedule.Add($"{name}-{member}");
        }

        return schedule;
    }
}
