using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Tests;

public sealed class TickScheduleTests
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;

    [Theory]
    [InlineData(false, false, 10)]
    [InlineData(false, true, 50)]
    [InlineData(true, true, 1000)]
    public void TryTake_TenSeconds_RunsAsOftenAsNeeded(bool hasMedia, bool hasSessions, int expected)
    {
        var schedule = new TickSchedule();
        var runs = 0;
        for (var now = 0L; now < 10_000 * Millisecond; now += Millisecond)
        {
            if (hasMedia)
            {
                schedule.OnMedia();
            }

            runs += schedule.TryTake(now, hasSessions) ? 1 : 0;
        }

        Assert.InRange(runs, expected - 1, expected + 1);
    }

    [Fact]
    public void TryTake_MediaStartsWhileQuiet_RunsWithinTenMilliseconds()
    {
        var schedule = new TickSchedule();
        Assert.True(schedule.TryTake(1_001 * Millisecond, hasSessions: true));
        Assert.Equal(1_200 * Millisecond, schedule.NextTicks);

        schedule.OnMedia();
        Assert.False(schedule.TryTake(1_012 * Millisecond, hasSessions: true));
        Assert.Equal(1_020 * Millisecond, schedule.NextTicks);
        Assert.True(schedule.TryTake(1_020 * Millisecond, hasSessions: true));
    }

    [Fact]
    public void OnCommands_WhileQuiet_RunsWithinTenMilliseconds()
    {
        var schedule = new TickSchedule();
        Assert.True(schedule.TryTake(1_001 * Millisecond, hasSessions: false));
        schedule.OnCommands(1_203 * Millisecond);
        Assert.Equal(1_210 * Millisecond, schedule.NextTicks);
    }

    [Theory]
    [InlineData(49, 49)] // soon: unchanged
    [InlineData(51, 60)]
    [InlineData(60, 60)]
    [InlineData(501, 510)]
    [InlineData(999, 1_000)]
    [InlineData(1_001, 1_200)]
    [InlineData(1_200, 1_200)]
    public void Align_Deadline_MovesBackToACommonTime(int deadline, int expected) =>
        Assert.Equal(expected * Millisecond, TickSchedule.Align(0, deadline * Millisecond));
}
