using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class MeetingCascadeTests
{
    private static readonly NamespacedName First = new("meet-a", "n1");
    private static readonly NamespacedName Second = new("meet-a", "n2");

    [Fact]
    public void Of_BothEndsReport_HasBothDirections()
    {
        var rooms = new Dictionary<NamespacedName, RoomReport>
        {
            [First] = Room(new LinkReport { Link = "l", Peer = "meet-a/n2", State = LinkEndState.Up, RttMs = 12.6, LossPct = 0.26, KbpsIn = 5, KbpsOut = 700 }),
            [Second] = Room(new LinkReport { Link = "l", Peer = "meet-a/n1", State = LinkEndState.Broken }, new LinkReport { Link = "other", Peer = "meet-a/n9", State = LinkEndState.Up }),
        };

        Assert.Equal(
            [
                new CascadeLink { From = "meet-a/n1", To = "meet-a/n2", State = LinkState.Up, RttMs = 13, LossPct = 0.3, Kbps = 700 },
                new CascadeLink { From = "meet-a/n2", To = "meet-a/n1", State = LinkState.Broken },
            ],
            MeetingCascade.Of(Meeting(First, Second), rooms.GetValueOrDefault));
    }

    [Fact]
    public void Of_OneNodeOrNoReport_IsEmpty()
    {
        Assert.Empty(MeetingCascade.Of(Meeting(First), _ => Room(new LinkReport { Link = "l", Peer = "meet-a/n1" })));
        Assert.Empty(MeetingCascade.Of(Meeting(First, Second), _ => null));
    }

    private static AssignedMeeting Meeting(params NamespacedName[] nodes) =>
        new AssignedMeeting(new MeetingRef(new NamespacedName("meet-a", "m"), "uid", "m")) { Generation = 1, Nodes = [.. nodes.Select(node => new AssignedNode { Node = node, Generation = 1 })] };

    private static RoomReport Room(params LinkReport[] links) => new() { Room = "m", Links = links };
}
