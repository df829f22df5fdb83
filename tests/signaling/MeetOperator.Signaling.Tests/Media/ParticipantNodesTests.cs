using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Kubernetes;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class ParticipantNodesTests
{
    [Fact]
    public void Choose_NoAssignment_ReturnsNull() => Assert.Null(ParticipantNodes.Choose([]));

    [Fact]
    public void Choose_LostNode_ReturnsNull() => Assert.Null(ParticipantNodes.Choose([Assigned("n1", 3, state: Lost)]));

    [Fact]
    public void Choose_SeveralReadyNodes_ReturnsHighestGeneration() =>
        Assert.Equal("n2", ParticipantNodes.Choose([Assigned("n1", 3), Assigned("n2", 5), Assigned("n3", 4), Assigned("n4", 6, state: Lost)])?.Node);

    [Theory]
    [InlineData(Preparing)]
    [InlineData(Leaving)]
    [InlineData(Lost)]
    public void Choose_NewParticipant_JoinsOnlyReadyNode(AssignmentState state)
    {
        Assert.Null(ParticipantNodes.Choose([Assigned("n1", 1, state: state)]));
        Assert.Equal("n2", ParticipantNodes.Choose([Assigned("n1", 9, state: state), Assigned("n2", 2, Edge)])?.Node);
    }

    [Fact]
    public void Choose_NewParticipant_PrefersFewestParticipantsThenOrigin()
    {
        MediaAssignment[] edges = [Assigned("n2", 2, Edge, participants: 9), Assigned("n3", 3, Edge, participants: 4), Assigned("n4", 4, Standby)];

        Assert.Equal("n3", ParticipantNodes.Choose([.. edges, Assigned("n1", 1, participants: 50)])?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([.. edges, Assigned("n1", 1, participants: 4)])?.Node);
    }

    [Fact]
    public void Choose_NewParticipant_PrefersPlacesThenRegionThenFreePlaces()
    {
        var full = Assigned("n1", 1, region: "south") with { FreePlaces = 0 };
        var near = Assigned("n2", 2, Edge, participants: 90, region: "south") with { FreePlaces = 10 };
        var far = Assigned("n3", 3, Edge, participants: 1, region: "north") with { FreePlaces = 50 };
        var empty = Assigned("n4", 4, Edge, region: "north") with { FreePlaces = 40 };
        MediaAssignment[] all = [full, near, far, empty];

        Assert.Equal("n2", ParticipantNodes.Choose(all, region: "south")?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose(all, region: "west")?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose(all)?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose([full, far, empty], region: "south")?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([full])?.Node);
    }

    [Fact]
    public void Choose_NodeOfOwnRegionBecomesReady_MovesThere()
    {
        var current = Assigned("n1", 1, region: "north");
        var near = Assigned("n2", 2, Edge, region: "south");

        Assert.Equal("n2", ParticipantNodes.Choose([current, near], current.Key, "south")?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([current, near], near.Key, "south")?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([current, near], current.Key, "south", mayFollowRegion: false)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([current, near], current.Key, "west")?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([current, near], current.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([current, near with { FreePlaces = 0 }], current.Key, "south")?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([current, near with { State = Preparing }], current.Key, "south")?.Node);
    }

    [Fact]
    public void Choose_OtherNodeHasLessLoad_StaysOnItsNode()
    {
        var current = Assigned("n1", 1, participants: 99, region: "south") with { FreePlaces = 0 };

        Assert.Equal("n1", ParticipantNodes.Choose([current, Assigned("n2", 2, Edge, region: "south") with { FreePlaces = 100 }], current.Key, "south")?.Node);
    }

    [Fact]
    public void Choose_NodeReady_StaysThere()
    {
        var edge = Assigned("n2", 2, Edge, participants: 500);

        Assert.Equal("n2", ParticipantNodes.Choose([Assigned("n1", 1), edge], edge.Key)?.Node);
    }

    [Fact]
    public void Choose_NodeHasNewRoom_DoesNotStayForOldOne()
    {
        var former = Assigned("n2", 2, Edge);

        Assert.Equal("n1", ParticipantNodes.Choose([Assigned("n1", 1), Assigned("n2", 3, Edge)], former.Key)?.Node);
    }

    [Theory]
    [InlineData(Leaving)]
    [InlineData(Lost)]
    public void Choose_NodeEnds_MovesWithinItsRegion(AssignmentState state)
    {
        var current = Assigned("n1", 1, state: state, region: "south");

        Assert.Equal("n3", ParticipantNodes.Choose([current, Assigned("n2", 2, region: "north"), Assigned("n3", 3, Edge, region: "south")], current.Key)?.Node);
    }

    [Fact]
    public void Choose_NoOtherNodeReady_StaysOnLeavingNode()
    {
        var current = Assigned("n1", 1, state: Leaving);
        MediaAssignment[] assignments = [current, Assigned("n2", 2, state: Preparing), Assigned("n3", 3, Standby)];

        Assert.Equal("n1", ParticipantNodes.Choose(assignments, current.Key)?.Node);
        Assert.Null(ParticipantNodes.Choose([current with { State = Lost }], current.Key));
    }

    [Fact]
    public void Choose_NodeGone_ItsParticipantsUseStandby()
    {
        var origin = Assigned("n1", 1);
        var edge = Assigned("n2", 2, Edge) with { FreePlaces = 50 };
        var standby = Assigned("n3", 3, Standby) with { FreePlaces = 10 };
        var gone = origin with { IsGone = true };

        Assert.Equal("n1", ParticipantNodes.Choose([origin, edge, standby], origin.Key)?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose([gone, edge, standby], origin.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([gone, edge, standby with { FreePlaces = 0 }], origin.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([gone, edge, standby with { IsGone = true }], origin.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([gone, edge], origin.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([gone], origin.Key)?.Node);
    }

    [Fact]
    public void Choose_AllNodesGone_NewParticipantTriesOne()
    {
        var gone = Assigned("n1", 1) with { IsGone = true };

        Assert.Equal("n1", ParticipantNodes.Choose([gone, Assigned("n3", 3, Standby) with { IsGone = true }])?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([gone], Assigned("n9", 9).Key)?.Node);
    }

    /// <summary>The meeting moves from n1 to n2, and n2 fails.</summary>
    [Fact]
    public void Choose_NextNodeGone_LeavingOneIsUsed()
    {
        var leaving = Assigned("n1", 1, Edge, Leaving);
        var gone = Assigned("n2", 2) with { IsGone = true };
        var edge = Assigned("n3", 3, Edge);

        Assert.Equal("n1", ParticipantNodes.Choose([leaving, gone], gone.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([leaving, gone], leaving.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([leaving, gone])?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([leaving, gone, edge with { FreePlaces = 0 }], gone.Key)?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose([leaving, gone, edge], gone.Key)?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose([leaving, gone, edge])?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([leaving with { IsGone = true }, gone], gone.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([leaving with { IsGone = true }, gone])?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([leaving, gone with { IsGone = false }], gone.Key)?.Node);
    }

    [Fact]
    public void Choose_NodeGone_OthersStayAndNewOnesAvoidIt()
    {
        var gone = Assigned("n1", 1) with { IsGone = true, FreePlaces = 90 };
        var edge = Assigned("n2", 2, Edge) with { FreePlaces = 5 };
        var standby = Assigned("n3", 3, Standby) with { FreePlaces = 50 };

        Assert.Equal("n2", ParticipantNodes.Choose([gone, edge, standby], edge.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([gone, edge, standby])?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose([gone, edge with { FreePlaces = 0 }, standby])?.Node);
    }

    [Fact]
    public void Choose_NodeIsBack_ThoseOnStandbyReturn()
    {
        MediaAssignment[] assignments = [Assigned("n1", 1), Assigned("n3", 3, Standby)];

        Assert.Equal("n3", ParticipantNodes.Choose([assignments[0] with { IsGone = true }, assignments[1]], assignments[1].Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose(assignments, assignments[1].Key)?.Node);
    }

    [Fact]
    public void Choose_NodeIsBackButUnsteady_ThoseOnStandbyStay()
    {
        var back = Assigned("n1", 1, region: "south") with { IsUnsteady = true };
        var edge = Assigned("n2", 2, Edge, region: "north");
        var standby = Assigned("n3", 3, Standby);

        Assert.Equal("n3", ParticipantNodes.Choose([back, standby], standby.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([back, standby], back.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([back, standby])?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([back, edge, standby])?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([back, edge], edge.Key, "south")?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([back with { IsUnsteady = false }, edge], edge.Key, "south")?.Node);
    }

    /// <summary>The meeting moves from n1 to n2, which was gone for a moment.</summary>
    [Fact]
    public void Choose_NextNodeIsUnsteady_StaysOnLeavingOneUntilItsDeadlineIsNear()
    {
        var leaving = Assigned("n1", 1, Edge, Leaving);
        var unsteady = Assigned("n2", 2) with { IsUnsteady = true };

        Assert.Equal("n1", ParticipantNodes.Choose([leaving, unsteady], leaving.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([leaving with { IsEnding = true }, unsteady], leaving.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([leaving, unsteady with { IsUnsteady = false }], leaving.Key)?.Node);
        Assert.Equal("n3", ParticipantNodes.Choose([leaving, unsteady, Assigned("n3", 3, Edge, participants: 50)], leaving.Key)?.Node);
        Assert.Equal("n2", ParticipantNodes.Choose([leaving, unsteady])?.Node);
    }

    [Fact]
    public void Choose_DeadlineOfLeavingNodeIsNear_IsUsedOnlyWithoutAnother()
    {
        var ending = Assigned("n1", 1, Edge, Leaving) with { IsEnding = true };
        var gone = Assigned("n2", 2) with { IsGone = true };
        var full = Assigned("n3", 3, Edge) with { FreePlaces = 0 };
        var lasting = Assigned("n4", 4, Edge, Leaving);

        Assert.Equal("n3", ParticipantNodes.Choose([ending, gone, full], gone.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([ending with { IsEnding = false }, gone, full], gone.Key)?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([ending, gone], gone.Key)?.Node);
        Assert.Equal("n4", ParticipantNodes.Choose([ending, gone, lasting with { Participants = 99 }])?.Node);
        Assert.Equal("n1", ParticipantNodes.Choose([ending, gone])?.Node);
    }

    [Fact]
    public void Choose_ValuesOfLaterVersion_AreNotUsed()
    {
        Assert.Null(ParticipantNodes.Choose([Assigned("n1", 1) with { Role = null }, Assigned("n2", 2) with { State = null }]));
    }

    private static MediaAssignment Assigned(
        string node, long generation, AssignmentRole role = Origin, AssignmentState state = Ready, int participants = 0, string? region = null) =>
        new("meet-a", node, new Uri("https://127.0.0.1:7443/"), generation, role, state) { Participants = participants, Region = region };
}
