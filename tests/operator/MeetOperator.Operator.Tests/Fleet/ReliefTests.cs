namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>Meetings leave an overloaded node: n1 has too much to do, and n2 little.</summary>
public sealed class ReliefTests
{
    private ReliefStage _stage = new();

    [Fact]
    public void Relieve_LastingStress_MovesEmptiestMeetingsOnce()
    {
        Overload();
        _stage.AddNode("n2");

        _stage.Pass(200);

        Assert.Equal([("m1", "n1", "n2"), ("m2", "n1", "n2")], _stage.Begun.Select(static move => (move.Meeting, move.From, move.To)));
        Assert.Equal("n2", _stage.Talks["m1"].Node);
        Assert.Single(_stage.Fleet.Current(ReliefStage.Ref("m1"))!.Nodes);
        Assert.InRange(_stage.Stress("n1"), 0.5, 0.85);
        _stage.Pass(1000);
        Assert.Equal(2, _stage.Begun.Count);
        Assert.Null(_stage.Findings["n1"]);
    }

    [Fact]
    public void Relieve_BeforeTheCooldownAfterTheStart_Waits()
    {
        Overload();
        _stage.AddNode("n2");

        _stage.Pass(175);

        Assert.Empty(_stage.Begun);
        Assert.Equal("CoolingDown", _stage.Findings["n1"]!.Reason);
    }

    [Fact]
    public void Relieve_NoOtherNode_SaysSoAndMovesWhenThereIsOne()
    {
        Overload();
        _stage.Pass(400);
        Assert.Empty(_stage.Begun);
        Assert.Equal("NowhereToGo", _stage.Findings["n1"]!.Reason);

        _stage.AddNode("n2");
        _stage.Pass(10);

        Assert.Equal(2, _stage.Begun.Count);
    }

    [Fact]
    public void Relieve_DrainingNode_IsLeftToTheDrain()
    {
        Overload();
        _stage.AddNode("n2");
        _stage.AddNode("n1", isDraining: true);

        _stage.Pass(400);

        Assert.Empty(_stage.Begun);
        Assert.Null(_stage.Findings["n1"]);
    }

    [Fact]
    public void Relieve_TwoOverloadedNodes_UseOneTargetInTurns()
    {
        Overload();
        _stage.AddNode("n2");
        _stage.Pass(1);
        foreach (var meeting in new[] { "o1", "o2", "o3", "o4", "o5", "o6" })
        {
            _stage.AddMeeting(meeting, people: 4, load: 0.16);
            Assert.Equal("n2", _stage.Talks[meeting].Node);
        }

        _stage.AddNode("n3");
        _stage.Pass(300);

        Assert.All(_stage.Begun, static move => Assert.Equal("n3", move.To));
        var first = _stage.Begun.Where(static move => move.From == "n1").ToArray();
        var second = _stage.Begun.Where(static move => move.From == "n2").ToArray();
        Assert.Equal((2, 1), (first.Length, second.Length));
        Assert.True(second[0].Second - first[1].Second >= 15, $"{first[1].Second} {second[0].Second}");
    }

    /// <summary>The reports of the target must show what it has got before it gets more, however short the cooldown.</summary>
    [Fact]
    public void Relieve_ShortCooldown_LetsTheTargetSettle()
    {
        _stage = new ReliefStage(cooldown: 10, batch: 1);
        Overload();
        _stage.Change("m3", people: 5, load: 0.4);
        _stage.AddNode("n2");

        _stage.Pass(200);

        Assert.True(_stage.Begun.Count >= 3, $"{_stage.Begun.Count} meetings have left");
        Assert.All(_stage.Begun.Zip(_stage.Begun.Skip(1)), static pair => Assert.True(pair.Second.Second - pair.First.Second > 15, $"{pair.First} {pair.Second}"));
    }

    /// <summary>The previous leader may have moved as many as the fleet may within the last minute.</summary>
    [Fact]
    public void Relieve_FirstMinuteOfALeader_Waits()
    {
        _stage = new ReliefStage(cooldown: 10);
        Overload();
        _stage.AddNode("n2");

        _stage.Pass(59);
        Assert.Empty(_stage.Begun);
        Assert.Equal("FleetLimit", _stage.Findings["n1"]!.Reason);

        _stage.Pass(10);
        Assert.Equal(2, _stage.Begun.Count);
    }

    [Fact]
    public void Relieve_NotLinkedInTime_GivesUpAndTriesNotAgainBeforeTheCooldown()
    {
        Overload();
        _stage.AddNode("n2");
        _stage.NeverLinks = true;

        _stage.Pass(330);

        Assert.Equal(["m1", "m2"], _stage.Begun.Select(static move => move.Meeting));
        Assert.All(_stage.Talks.Values, static talk => Assert.Equal("n1", talk.Node));
        Assert.All(_stage.Talks.Keys, name => Assert.Single(_stage.Fleet.Current(ReliefStage.Ref(name))!.Nodes));
    }

    [Fact]
    public void Relieve_LeaderChangesWhilePreparing_StaysAndWaitsForTheCooldown()
    {
        Overload();
        _stage.AddNode("n2");
        _stage.NeverLinks = true;
        while (_stage.Begun.Count == 0 && _stage.Second < 1000)
        {
            _stage.Pass(1);
        }

        _stage.ChangeLeader();
        _stage.NeverLinks = false;
        _stage.Pass(170);

        Assert.Equal(2, _stage.Begun.Count);
        Assert.All(_stage.Talks.Values, static talk => Assert.Equal("n1", talk.Node));
        _stage.Pass(60);
        Assert.Equal(4, _stage.Begun.Count);
        Assert.InRange(_stage.Stress("n1"), 0.5, 0.85);
    }

    [Fact]
    public void Relieve_MovedMeetingOverloadsTarget_DoesNotComeBackBeforeTheCooldown()
    {
        Overload();
        _stage.AddNode("n2");
        _stage.Pass(200);
        Assert.Equal("n2", _stage.Talks["m1"].Node);
        var moved = _stage.Begun[0].Second;

        _stage.Change("m1", people: 2, load: 0.3);
        _stage.Change("m2", people: 2, load: 0.65);
        _stage.Change("m5", people: 40, load: 0.05);
        while (_stage.Begun.Count == 2 && _stage.Second < 1000)
        {
            _stage.Pass(1);
        }

        Assert.Equal(("n2", "n1"), (_stage.Begun[2].From, _stage.Begun[2].To));
        Assert.InRange(_stage.Begun[2].Second - moved, 180, 300);
    }

    [Fact]
    public void Relieve_OneLargeMeeting_IsExtendedAndKeepsThatNode()
    {
        _stage.AddNode("n1");
        _stage.AddMeeting("big", people: 60, load: 0.97);
        _stage.AddNode("n2");

        _stage.Pass(600);

        Assert.Equal(["n1", "n2"], _stage.Fleet.Current(ReliefStage.Ref("big"))!.Nodes.Select(static node => node.Node.Name));
        Assert.Equal("n1", _stage.Talks["big"].Node);
        _stage.Change("big", people: 20, load: 0.3);
        _stage.Pass(60);
        Assert.Single(_stage.Fleet.Current(ReliefStage.Ref("big"))!.Nodes);
    }

    /// <summary>n1 with five meetings, of which the first have the fewest people.</summary>
    private void Overload()
    {
        _stage.AddNode("n1");
        foreach (var (name, people, load) in new[] { ("m1", 2, 0.07), ("m2", 2, 0.08), ("m3", 5, 0.1), ("m4", 8, 0.2), ("m5", 40, 0.5) })
        {
            _stage.AddMeeting(name, people, load);
        }
    }
}
