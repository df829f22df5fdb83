using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime.Events;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class EventAggregatorTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly EventAggregator _aggregator = new(maxWritesPerMinute: 10, maxEntries: 100);

    [Fact]
    public void Observe_RepeatedEvent_IncreasesCount()
    {
        var first = Observe("Placed", "on node 1", 0);
        var second = Observe("Placed", "on node 1", 5);
        var other = Observe("Placed", "on node 2", 6);

        Assert.Equal((EventAction.Create, 1), (first.Action, first.Count));
        Assert.Equal((EventAction.Count, 2, first.Name, Start), (second.Action, second.Count, second.Name, second.First));
        Assert.Equal(EventAction.Create, other.Action);
        Assert.NotEqual(first.Name, other.Name);
    }

    [Fact]
    public void Observe_Flood_LimitsWritesAndKeepsCount()
    {
        var actions = Enumerable.Range(0, 50).Select(i => Observe("Failed", "again", i).Action).ToList();
        Assert.Equal(10, actions.Count(action => action != EventAction.Drop));

        var later = Observe("Failed", "again", 61);
        Assert.Equal((EventAction.Count, 51), (later.Action, later.Count));
    }

    [Fact]
    public void Observe_FloodOnOneObject_DoesNotAffectOthers()
    {
        for (var i = 0; i < 50; i++)
        {
            Observe("Failed", $"{i}", 0);
        }

        Assert.Equal(EventAction.Drop, Observe("Failed", "more", 1).Action);
        Assert.Equal(EventAction.Create, Observe("Failed", "more", 1, "other").Action);
    }

    [Fact]
    public void Observe_DroppedEventRepeats_IsCreatedWithTotalCount()
    {
        for (var i = 0; i < 10; i++)
        {
            Observe("Failed", $"{i}", 0);
        }

        Assert.Equal(EventAction.Drop, Observe("Ended", "by host", 1).Action);
        var later = Observe("Ended", "by host", 62);
        Assert.Equal((EventAction.Create, 2, Start.AddSeconds(1)), (later.Action, later.Count, later.First));
    }

    [Fact]
    public void Observe_LongPause_CreatesNewEvent()
    {
        var first = Observe("Placed", "on node 1", 0);
        var second = Observe("Placed", "on node 1", 3600);

        Assert.Equal((EventAction.Create, 1), (second.Action, second.Count));
        Assert.NotEqual(first.Name, second.Name);
    }

    [Fact]
    public void Observe_ManyObjects_NamesStayUnique()
    {
        var names = Enumerable.Range(0, 1000).Select(i => Observe("Placed", "here", 0, $"w{i % 400}-{i}").Name).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    private EventDecision Observe(string reason, string message, int second, string name = "w") => _aggregator.Observe(
        new ObjectReference { Kind = "Widget", Namespace = "team", Name = name, Uid = "uid-" + name }, EventType.Normal, reason, message, Start.AddSeconds(second));
}
