using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class MeetingLinksTests
{
    private const string MeetingId = "4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01";

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(8, 28)]
    [InlineData(9, 28)]
    public void Needed_Nodes_LinksEachPairOnce(int nodes, int links)
    {
        var needed = MeetingLinks.Needed(Meeting([.. Enumerable.Range(1, nodes).Select(number => Assigned($"n{number}"))]));

        Assert.Equal(links, needed.Count);
        Assert.Equal(links, needed.Select(link => link.Id).Distinct().Count());
        Assert.All(needed, link => Assert.True(string.CompareOrdinal(link.Opener.Node.Name, link.Acceptor.Node.Name) < 0));
        Assert.All(needed, link => Assert.True(link.CanOpen));
    }

    [Fact]
    public void Needed_OtherOrderOfNodes_HasTheSameLink()
    {
        var one = Assert.Single(MeetingLinks.Needed(Meeting(Assigned("a"), Assigned("b"))));
        var other = Assert.Single(MeetingLinks.Needed(Meeting(Assigned("b"), Assigned("a"))));

        Assert.Equal(one, other);
        Assert.NotEqual(one.Id, MeetingLinks.IdOf("another meeting", Key("a"), Key("b")));
    }

    [Fact]
    public void Needed_RoomMissing_CannotOpenYet() =>
        Assert.False(Assert.Single(MeetingLinks.Needed(Meeting(Assigned("a"), Assigned("b") with { RoomConfirmedAt = 0, State = NodeAssignmentState.Preparing }))).CanOpen);

    [Fact]
    public void Needed_LostRoom_IsLinkedWithNobody() =>
        Assert.Single(MeetingLinks.Needed(Meeting(Assigned("a"), Assigned("b") with { State = NodeAssignmentState.Lost }, Assigned("c"))));

    [Fact]
    public void IsLinked_UpInBothReports_IsTrue() => Assert.True(IsLinked(Report("a", "b", 1, 2), Report("b", "a", 2, 1)));

    [Fact]
    public void IsLinked_NoReport_IsFalse()
    {
        Assert.False(IsLinked(null, Report("b", "a", 2, 1)));
        Assert.False(IsLinked(Report("a", "b", 1, 2), null));
        Assert.False(IsLinked(Report("a", "b", 1, 2), new RoomReport { Room = MeetingId }));
    }

    [Theory]
    [InlineData(LinkEndState.Opening)]
    [InlineData(LinkEndState.Broken)]
    public void IsLinked_OneEndIsNotUp_IsFalse(LinkEndState state)
    {
        Assert.False(IsLinked(Report("a", "b", 1, 2, state), Report("b", "a", 2, 1)));
        Assert.False(IsLinked(Report("a", "b", 1, 2), Report("b", "a", 2, 1, state)));
    }

    /// <summary>One end has been opened again, and the report of the other is older.</summary>
    [Fact]
    public void IsLinked_OtherTags_IsFalse()
    {
        Assert.False(IsLinked(Report("a", "b", 1, 2), Report("b", "a", 2, 3)));
        Assert.False(IsLinked(Report("a", "b", 1, 2), Report("b", "a", 3, 1)));
    }

    [Fact]
    public void IsLinked_NoOtherReadyNode_IsTrue()
    {
        Assert.True(MeetingLinks.IsLinked(Meeting(Assigned("a")), Key("a"), static _ => null));
        Assert.True(MeetingLinks.IsLinked(Meeting(Assigned("a"), Assigned("b") with { State = NodeAssignmentState.Leaving }), Key("a"), static _ => null));
    }

    [Fact]
    public void IsLinked_PreparingNode_NeedsAllReadyNodes()
    {
        var meeting = Meeting(Assigned("a"), Assigned("b") with { State = NodeAssignmentState.Preparing }, Assigned("c"));
        Dictionary<string, RoomReport> reports = new() { ["a"] = Report("a", "b", 1, 2), ["b"] = Report("b", "a", 2, 1) };

        Assert.False(MeetingLinks.IsLinked(meeting, Key("b"), key => reports.GetValueOrDefault(key.Name)));
        reports["b"] = reports["b"] with { Links = [.. reports["b"].Links, .. Report("b", "c", 5, 6).Links] };
        reports["c"] = Report("c", "b", 6, 5);
        Assert.True(MeetingLinks.IsLinked(meeting, Key("b"), key => reports.GetValueOrDefault(key.Name)));
    }

    private static bool IsLinked(RoomReport? a, RoomReport? b)
    {
        var meeting = Meeting(Assigned("a"), Assigned("b"));
        var isLinked = MeetingLinks.IsLinked(meeting, Key("a"), Reports);
        Assert.Equal(isLinked, MeetingLinks.IsLinked(meeting, Key("b"), Reports));
        return isLinked;

        RoomReport? Reports(NamespacedName node) => node.Name == "a" ? a : b;
    }

    private static RoomReport Report(string node, string peer, uint tag, uint peerTag, LinkEndState state = LinkEndState.Up) => new()
    {
        Room = MeetingId,
        Links = [new LinkReport { Link = MeetingLinks.IdOf(MeetingId, Key(node), Key(peer)), Peer = $"meet-a/{peer}", Tag = tag, PeerTag = peerTag, State = state }],
    };

    private static AssignedMeeting Meeting(params AssignedNode[] nodes) => new(new MeetingRef(new NamespacedName("meet-a", "m"), "uid", MeetingId)) { Generation = 1, Nodes = nodes };

    private static AssignedNode Assigned(string name) => new() { Node = Key(name), Generation = 1, RoomConfirmedAt = 1, State = NodeAssignmentState.Ready };

    private static NamespacedName Key(string name) => new("meet-a", name);
}
