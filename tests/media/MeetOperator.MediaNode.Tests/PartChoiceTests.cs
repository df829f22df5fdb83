using MeetOperator.MediaNode.Rooms;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A room uses another loop only when that helps.</summary>
public sealed class PartChoiceTests
{
    /// <summary>Each loop is "busy percent / participants of the room / those who are joining". "h" marks the hub, "p" another part, "!" a loop that stands still.</summary>
    [Theory]
    [InlineData("h0/0/0 0/0/0", 0, "the first one joins the hub")]
    [InlineData("h90/15/0 0/0/0", 0, "a small room stays on its loop, however busy it is")]
    [InlineData("h49/20/0 0/0/0", 0, "a loop that is not loaded needs no help")]
    [InlineData("h60/20/0 0/0/0", 1, "a loaded loop does")]
    [InlineData("h60/20/0 50/0/0", 0, "a loop that is hardly freer does not help")]
    [InlineData("h60/20/0 40/0/0 10/0/0", 2, "the freest loop opens a part")]
    [InlineData("h5/50/0 0/0/0", 1, "many participants, although they do little so far")]
    [InlineData("h5/50/0 60/0/0", 0, "but not on a loop that is busy with other rooms")]
    [InlineData("h5/40/40 0/0/0", 0, "fewer than many")]
    [InlineData("h60/50/0 p10/10/0 0/0/0", 1, "an open part that is not loaded serves before another one opens")]
    [InlineData("h60/80/0 p55/60/0 0/0/0", 2, "a third loop opens when both are loaded")]
    [InlineData("h60/80/0 p55/60/0", 1, "there are no more parts than loops")]
    [InlineData("h10/10/0 p0/5/0", 0, "a room that has become small gathers on the hub")]
    [InlineData("h10/18/0 p0/5/0", 0, "also while it has fewer than half of many participants")]
    [InlineData("h40/18/0 p0/5/0", 1, "but not on a hub that has much to do")]
    [InlineData("h10/40/0 p5/20/0", 1, "a large room uses its parts")]
    [InlineData("h0/50/0! p90/10/0", 1, "nobody joins a loop that stands still")]
    [InlineData("h90/50/0! 0/0/0", 0, "no part opens while the hub stands still, because it needs a link")]
    [InlineData("h60/20/0 0/0/0!", 0, "nor on a loop that stands still")]
    [InlineData("h60/20/0! p0/5/0!", 0, "with only such loops, the hub")]
    public void Choose_Loads_ReturnsTheLoop(string loops, int expected, string because) =>
        Assert.True(PartChoice.Choose([.. loops.Split(' ').Select(Load)]) == expected, because);

    /// <summary>Two hundred at once, before any load is measured.</summary>
    [Theory]
    [InlineData(1, 200, 1)]
    [InlineData(2, 200, 2)]
    [InlineData(4, 200, 4)]
    [InlineData(4, 50, 1)]
    [InlineData(4, 51, 2)]
    public void Choose_JoinStorm_UsesAsManyLoopsAsHelp(int loops, int participants, int expected)
    {
        var loads = Storm(loops, participants);

        Assert.Equal(expected, loads.Count(l => l.HasPart));
        Assert.InRange(loads.Max(l => l.Participants), participants / loops, Math.Max(PartChoice.ManyParticipants, (participants / loops) + 1));
    }

    /// <summary>Whatever happens, a small room has one part, a participant gets a loop that exists, and no part opens on a loop that is busier than those of the room.</summary>
    [Fact]
    public void Choose_AnyLoads_KeepsTheRules()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var count = random.Next(1, 9);
            var hub = random.Next(count);
            var loads = new PartLoad[count];
            for (var j = 0; j < count; j++)
            {
                var hasPart = j == hub || random.Next(3) == 0;
                var people = hasPart ? random.Next(random.Next(2) == 0 ? 8 : 120) : 0;
                loads[j] = new PartLoad(random.NextDouble(), people, random.Next(people + 1), hasPart, j == hub, random.Next(8) == 0);
            }

            var chosen = PartChoice.Choose(loads);

            Assert.InRange(chosen, 0, count - 1);
            var total = loads.Sum(l => l.Participants);
            if (total < PartChoice.SmallRoom && !loads[hub].IsStuck)
            {
                Assert.Equal(hub, chosen);
            }

            if (!loads[chosen].HasPart)
            {
                Assert.False(loads[chosen].IsStuck || loads[hub].IsStuck);
                Assert.All(loads.Where(l => l is { HasPart: true, IsStuck: false }), l => Assert.True(l.Busy + (0.004 * l.Joining) > loads[chosen].Busy || l.Participants >= PartChoice.ManyParticipants));
            }
        }
    }

    /// <summary>A part that has just been opened is not left again at once: the next ones go there until both loops have as many.</summary>
    [Fact]
    public void Choose_AfterAPartHasOpened_FillsIt()
    {
        var loads = Storm(2, 51);
        for (var i = 0; i < 48; i++)
        {
            var chosen = PartChoice.Choose(loads);
            Assert.Equal(1, chosen);
            loads[1] = loads[1] with { Participants = loads[1].Participants + 1, Joining = loads[1].Joining + 1 };
        }
    }

    private static PartLoad[] Storm(int loops, int participants)
    {
        var loads = new PartLoad[loops];
        loads[0] = new PartLoad(0, HasPart: true, IsHub: true);
        for (var i = 0; i < participants; i++)
        {
            ref var chosen = ref loads[PartChoice.Choose(loads)];
            chosen = chosen with { HasPart = true, Participants = chosen.Participants + 1, Joining = chosen.Joining + 1 };
        }

        return loads;
    }

    private static PartLoad Load(string text)
    {
        var numbers = text.Trim('h', 'p', '!').Split('/').Select(int.Parse).ToArray();
        return new PartLoad(numbers[0] / 100.0, numbers[1], numbers[2], HasPart: text[0] is 'h' or 'p', IsHub: text[0] == 'h', IsStuck: text[^1] == '!');
    }
}
