using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class LeaveDeadlinesTests
{
    private readonly ManualTime _time = new();

    /// <summary>A clock that is far ahead must not make every deadline pass at once, and one that is far behind not keep a node for ever.</summary>
    [Theory]
    [InlineData(40, 40)]
    [InlineData(-3600, 5)]
    [InlineData(3600, 60)]
    public void LeftOn_ClockOfTheOperatorDiffers_IsPlausible(int seconds, int expected)
    {
        var (deadlines, leaving) = (new LeaveDeadlines(_time), Leaving(seconds));

        deadlines.Update([leaving]);

        Assert.Equal(TimeSpan.FromSeconds(expected), deadlines.LeftOn(leaving.Key));
    }

    [Fact]
    public void LeftOn_TimePasses_CountsFromTheFirstSight()
    {
        var (deadlines, leaving) = (new LeaveDeadlines(_time), Leaving(40));
        deadlines.Update([leaving]);

        _time.Advance(TimeSpan.FromSeconds(30));
        deadlines.Update([leaving]);
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)), (deadlines.LeftOn(leaving.Key), deadlines.Least()));

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.Zero, deadlines.LeftOn(leaving.Key));
    }

    [Fact]
    public void LeftOn_NodeIsReadyAgain_IsNull()
    {
        var (deadlines, leaving) = (new LeaveDeadlines(_time), Leaving(40));
        deadlines.Update([leaving]);

        deadlines.Update([leaving with { Deadline = null }]);

        Assert.Equal(((TimeSpan?)null, (TimeSpan?)null), (deadlines.LeftOn(leaving.Key), deadlines.Least()));
    }

    [Fact]
    public void IsNear_FewSecondsAreLeft_IsTrue()
    {
        var (deadlines, leaving) = (new LeaveDeadlines(_time), Leaving(40));
        Assert.False(deadlines.IsNear(leaving.Key), "the node has no deadline");
        deadlines.Update([leaving]);

        _time.Advance(TimeSpan.FromSeconds(40) - LeaveDeadlines.LeastUsable);
        Assert.False(deadlines.IsNear(leaving.Key));

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(deadlines.IsNear(leaving.Key));
    }

    private MediaAssignment Leaving(int seconds) => new("meet-a", "p-1", new Uri("https://p-1:8090"), 1, AssignmentRole.Edge, AssignmentState.Leaving)
    {
        Deadline = _time.GetUtcNow() + TimeSpan.FromSeconds(seconds),
    };
}
