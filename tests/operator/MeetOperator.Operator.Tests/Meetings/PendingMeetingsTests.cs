using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.Meetings;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class PendingMeetingsTests
{
    [Fact]
    public void Oldest_ManyWaiting_ReturnsFirstInOrder()
    {
        var pending = new PendingMeetings();
        for (var number = 0; number < 100; number++)
        {
            pending.Add(new NamespacedName("meet-a", $"m{number}"));
            pending.Add(new NamespacedName("meet-a", "m0"));
        }

        pending.Remove(new NamespacedName("meet-a", "m0"));

        Assert.Equal(99, pending.All().Count);
        Assert.Equal(Enumerable.Range(1, 32).Select(number => $"m{number}"), pending.Oldest().Select(key => key.Name));
    }

    [Fact]
    public void Add_Repeatedly_DoublesDelay()
    {
        var pending = new PendingMeetings();
        var meeting = new NamespacedName("meet-a", "m");

        Assert.Equal([2, 4, 8, 16, 32, 60, 60], Enumerable.Range(0, 7).Select(_ => (int)pending.Add(meeting).TotalSeconds));
        pending.Remove(meeting);
        Assert.Equal(2, pending.Add(meeting).TotalSeconds);
    }

    [Fact]
    public void OnCapacityFreed_ManyWaiting_WakesOldestFirstThenAll()
    {
        var pending = new PendingMeetings();
        var woken = new List<string>();
        var wakeups = new PendingWakeups(pending, TimeProvider.System) { Wake = meeting => woken.Add(meeting.Name) };
        for (var number = 0; number < 100; number++)
        {
            pending.Add(new NamespacedName("meet-a", $"m{number}"));
        }

        wakeups.WakeAllOnce();
        Assert.Empty(woken);
        wakeups.OnCapacityFreed();
        Assert.Equal(32, woken.Count);
        wakeups.WakeAllOnce();
        Assert.Equal(132, woken.Count);
        wakeups.WakeAllOnce();
        Assert.Equal(132, woken.Count);
    }
}
