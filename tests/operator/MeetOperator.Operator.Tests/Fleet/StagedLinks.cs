using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>Links that a test declares to be up.</summary>
internal sealed class StagedLinks : ILinkStates
{
    /// <summary>Nodes that are linked with all others of their meeting.</summary>
    public HashSet<NamespacedName> Linked { get; } = [];

    public bool CanLink(NodeReport report) => true;

    public bool IsLinked(AssignedMeeting meeting, NamespacedName node, Func<NamespacedName, RoomReport?> rooms) => rooms(node) is not null && Linked.Contains(node);
}
