using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;

namespace MeetOperator.Operator.Fleet;

/// <summary>Media nodes that have no links: meetings move in one step.</summary>
internal sealed class NoLinks : ILinkStates
{
    public static readonly NoLinks Instance = new();

    private NoLinks()
    {
    }

    public bool CanLink(NodeReport report) => false;

    public bool IsLinked(AssignedMeeting meeting, NamespacedName node, Func<NamespacedName, RoomReport?> rooms) => false;
}
