using MeetOperator.Kube;
using MeetOperator.Operator.Meetings;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class PendingMeetingsTests
{
    [Fact]
    public void Oldest_ManyWait_GivesTheFirstInOrder()
    {
        var pending = new PendingMeetings();
        for (var number = 0; number < 100; number++)
        {
            pending.Add(new NamespacedName("meet-a", $"m{number}"));
            pending.Add(new NamespacedName("meet-a", "m0"));
        }

        pending.Remove(new NamespacedName("meet-a", "m0"));

        Assert.Equal(Enumerable.Range(1, 32).Select(number => $"m{number}"), pending.Oldest().Select(key => key.Name));
    }
}
