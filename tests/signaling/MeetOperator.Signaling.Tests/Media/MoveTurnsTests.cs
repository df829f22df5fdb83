using MeetOperator.Signaling.Media;

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

    /// <summary>The slowest case: nobody is connected within the time that others wait.</summary>
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
        var (large, small) = (Meeting("large", 400), Meeting("small", 20));
        _turns.Take(large, Start, Minute);
        _turns.Leave(large);

        Assert.Equal(5, _turns.Take(small, Start + MoveSchedule.GiveUpAfter, Minute).Count);
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
