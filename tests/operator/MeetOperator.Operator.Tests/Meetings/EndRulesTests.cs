using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Kinds.Meetings;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class EndRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void FindEndReason_DesiredStateEnded_ReturnsDesiredState() => Assert.Equal("DesiredState", FindEndReason(new MeetingSpec { DesiredState = MeetingDesiredState.Ended }, new MeetingStatus()));

    [Fact]
    public void FindEndReason_EmptyTimeoutPassed_ReturnsEmpty()
    {
        Assert.Null(FindEndReason(Spec(empty: 300), new MeetingStatus { EmptySince = Now.AddSeconds(-299) }));
        Assert.Equal("Empty", FindEndReason(Spec(empty: 300), new MeetingStatus { EmptySince = Now.AddSeconds(-300) }));
    }

    [Fact]
    public void FindEndReason_EmptyButNotCounted_ReturnsNull() =>
        Assert.Null(EndRules.FindEndReason(Spec(empty: 300), new MeetingStatus { EmptySince = Now.AddHours(-2) }, counted: false, Now));

    [Fact]
    public void FindEndReason_TimeoutZero_ReturnsNull() => Assert.Null(FindEndReason(Spec(empty: 0), new MeetingStatus { EmptySince = Now.AddDays(-9) }));

    [Fact]
    public void FindEndReason_MaxDurationPassed_ReturnsMaxDuration()
    {
        Assert.Equal("MaxDuration", FindEndReason(Spec(minutes: 30), new MeetingStatus { StartedAt = Now.AddMinutes(-30), Participants = 5 }));
        Assert.Null(FindEndReason(Spec(minutes: 30), new MeetingStatus { StartedAt = Now.AddMinutes(-29) }));
        Assert.Null(FindEndReason(Spec(minutes: 30), new MeetingStatus()));
    }

    [Fact]
    public void NextCheck_BothLimits_ReturnsEarlier()
    {
        Assert.Equal(Now.AddSeconds(60), EndRules.NextCheck(Spec(empty: 60, minutes: 30), new MeetingStatus { StartedAt = Now, EmptySince = Now }, Now));
        Assert.Equal(Now.AddMinutes(1), EndRules.NextCheck(Spec(empty: 300, minutes: 1), new MeetingStatus { StartedAt = Now, EmptySince = Now }, Now));
        Assert.Null(EndRules.NextCheck(Spec(empty: 300), new MeetingStatus { StartedAt = Now }, Now));
    }

    /// <summary>A meeting whose participants cannot be counted stays, and must not be checked without a pause.</summary>
    [Fact]
    public void NextCheck_Overdue_ReturnsLaterTime() =>
        Assert.Equal(Now.AddSeconds(1), EndRules.NextCheck(Spec(empty: 60), new MeetingStatus { EmptySince = Now.AddHours(-2) }, Now));

    private static string? FindEndReason(MeetingSpec spec, MeetingStatus status) => EndRules.FindEndReason(spec, status, counted: true, Now);

    private static MeetingSpec Spec(int empty = 300, int? minutes = null) => new() { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = empty, MaxDurationMinutes = minutes } };
}
