namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>Random fleets whose load changes, whose nodes come late, and whose leader may change. However it does, few meetings move, and it comes to rest.</summary>
public sealed class ReliefPropertyTests
{
    private const int Cooldown = 60;
    private const int Batch = 2;
    private const int MaxPerMinute = 20;

    public static TheoryData<int> Seeds => new(Enumerable.Range(0, 40));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Relieve_RandomFleet_NeverMovesTooMany(int seed)
    {
        var begun = Run(seed, quiet: 0).Begun;

        Assert.All(begun, first => Assert.True(begun.Count(other => other.Second >= first.Second && other.Second < first.Second + 60) <= MaxPerMinute));
        foreach (var node in begun.GroupBy(static move => move.From))
        {
            Assert.All(node, first => Assert.True(node.Count(other => other.Second >= first.Second && other.Second < first.Second + Cooldown) <= Batch, $"{node.Key} at {first.Second}"));
        }

        foreach (var meeting in begun.GroupBy(static move => move.Meeting))
        {
            Assert.All(meeting.Zip(meeting.Skip(1)), static pair => Assert.True(pair.Second.Second - pair.First.Second >= Cooldown, $"{pair.First} {pair.Second}"));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Relieve_LoadNoLongerChanges_ComesToRest(int seed)
    {
        var stage = Run(seed, quiet: 3600);
        var before = stage.Begun.Count;

        stage.Pass(600);

        Assert.Equal(before, stage.Begun.Count);
        foreach (var node in stage.Nodes.Where(stage.IsOverloaded))
        {
            Assert.Contains(stage.Findings[node]!.Reason, new[] { "NowhereToGo", "NothingToMove", "ExtendingMeeting" });
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Relieve_SameFleet_MovesTheSameMeetings(int seed) => Assert.Equal(Run(seed, quiet: 300).Begun, Run(seed, quiet: 300).Begun);

    [Fact]
    public void Relieve_RandomFleets_MoveMeetings() => Assert.True(Enumerable.Range(0, 10).Sum(static seed => Run(seed, quiet: 0).Begun.Count) > 20);

    private static ReliefStage Run(int seed, int quiet)
    {
        var random = new Random(seed);
        var stage = new ReliefStage(Cooldown, Batch);
        var nodes = random.Next(1, 4);
        for (var node = 0; node < nodes; node++)
        {
            stage.AddNode($"n{node}");
        }

        var meetings = random.Next(5, 40);
        for (var meeting = 0; meeting < meetings; meeting++)
        {
            var people = random.Next(1, 15);
            stage.AddMeeting($"m{meeting:00}", people, people * 0.004 * random.NextDouble() * nodes);
        }

        for (var round = 0; round < 60; round++)
        {
            for (var change = random.Next(4); change > 0; change--)
            {
                var people = random.Next(1, 40);
                stage.Change($"m{random.Next(meetings):00}", people, people * 0.01 * random.NextDouble());
            }

            if (random.Next(15) == 0 && nodes < 8)
            {
                stage.AddNode($"n{nodes++}");
            }

            if (random.Next(20) == 0)
            {
                stage.ChangeLeader();
            }

            stage.Pass(random.Next(5, 40));
        }

        stage.Pass(quiet);
        return stage;
    }
}
