using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class MeetingAgesTests
{
    private static readonly MeetingRef Meeting = new(new NamespacedName("meet-a", "standup"), "uid", "id");
    private static readonly MeetingSpec Spec = new() { Lifecycle = new MeetingLifecycle { EmptyTimeoutSeconds = 300, MaxDurationMinutes = 30 } };
    private readonly ManualTime _time = new();
    private readonly MeetingAges _ages;

    public MeetingAgesTests() => _ages = new MeetingAges(_time);

    [Fact]
    public void Apply_EmptyAndClockJumpsAhead_KeepsFullTimeout()
    {
        var status = new MeetingStatus { EmptySince = _time.GetUtcNow() };
        Assert.Null(FindEndReason(status));

        _time.JumpWallClock(TimeSpan.FromDays(2));
        Assert.Null(FindEndReason(status));
        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.Null(FindEndReason(status));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(EndRules.Empty, FindEndReason(status));
    }

    [Fact]
    public void Apply_StartedAndClockJumpsAhead_KeepsFullDuration()
    {
        var status = new MeetingStatus { StartedAt = _time.GetUtcNow() };
        Assert.Null(FindEndReason(status));

        _time.JumpWallClock(TimeSpan.FromDays(2));

        Assert.Null(FindEndReason(status));
        Assert.Equal(_time.GetUtcNow().AddMinutes(30), EndRules.NextCheck(Spec, _ages.Apply(Meeting, status, _time.GetUtcNow()), _time.GetUtcNow()));
    }

    [Fact]
    public void Apply_EmptyAndClockJumpsBack_EndsInTime()
    {
        var status = new MeetingStatus { EmptySince = _time.GetUtcNow() };
        Assert.Null(FindEndReason(status));

        _time.JumpWallClock(TimeSpan.FromDays(-2));
        _time.Advance(TimeSpan.FromSeconds(300));

        Assert.Equal(EndRules.Empty, FindEndReason(status));
    }

    [Fact]
    public void Apply_EmptyBeforeThisLeader_CountsFromStatus()
    {
        var status = new MeetingStatus { EmptySince = _time.GetUtcNow().AddSeconds(-200) };
        Assert.Null(FindEndReason(status));

        _time.Advance(TimeSpan.FromSeconds(100));

        Assert.Equal(EndRules.Empty, FindEndReason(status));
    }

    [Fact]
    public void Apply_EmptyAgain_RestartsTimeout()
    {
        Assert.Null(FindEndReason(new MeetingStatus { EmptySince = _time.GetUtcNow() }));
        _time.Advance(TimeSpan.FromSeconds(200));
        Assert.Null(FindEndReason(new MeetingStatus()));
        Assert.Null(FindEndReason(new MeetingStatus { EmptySince = _time.GetUtcNow() }));

        _time.Advance(TimeSpan.FromSeconds(200));
        Assert.Null(FindEndReason(new MeetingStatus { EmptySince = _time.GetUtcNow().AddSeconds(-200) }));
    }

    [Fact]
    public void ObserveEmpty_NotWrittenYet_KeepsTimeOfFirstObservation()
    {
        var left = _time.GetUtcNow();
        Assert.Equal(left, Observe(isEmpty: true, stored: null));
        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(left, Observe(isEmpty: true, stored: null));
        Assert.Equal(left, _ages.FindUnwrittenEmpty(Meeting));
    }

    [Fact]
    public void ObserveEmpty_SomebodyWasInMeanwhile_StartsAgain()
    {
        Observe(isEmpty: true, stored: null);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(Observe(isEmpty: false, stored: null));

        Assert.Equal(_time.GetUtcNow(), Observe(isEmpty: true, stored: null));
    }

    [Fact]
    public void ObserveEmpty_Written_IsTimeInStatus()
    {
        Observe(isEmpty: true, stored: null);
        var newRoom = _time.GetUtcNow().AddSeconds(5);

        Assert.Equal(newRoom, Observe(isEmpty: true, newRoom));
        Assert.Null(_ages.FindUnwrittenEmpty(Meeting));
    }

    [Fact]
    public void Forget_EmptyIsNotWritten_Forgets()
    {
        Observe(isEmpty: true, stored: null);
        _ages.Forget(Meeting);

        Assert.Null(_ages.FindUnwrittenEmpty(Meeting));
    }

    private DateTimeOffset? Observe(bool isEmpty, DateTimeOffset? stored) => _ages.ObserveEmpty(Meeting, isEmpty, stored, _time.GetUtcNow());

    private string? FindEndReason(MeetingStatus status)
    {
        var now = _time.GetUtcNow();
        return EndRules.FindEndReason(Spec, _ages.Apply(Meeting, status, now), counted: true, now);
    }
}
