using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>What a room on a media node gets besides the spec of its meeting, from tenant and pool. Pure.</summary>
/// <param name="Capacity">The maximum number of participants.</param>
/// <param name="Connectivity">In which ways participants may reach the media node; null without limits.</param>
internal readonly record struct RoomSettings(int Capacity, ConnectivityRule? Connectivity)
{
    /// <param name="context">The meeting.</param>
    /// <param name="node">Its assignment to the media node.</param>
    /// <param name="view">The media node; null when it is gone.</param>
    public static RoomSettings Of(MeetingContext context, AssignedNode node, NodeView? view) => new(
        context.RoomCapacity,
        context.Tenant is null ? node.Connectivity : MeetingLimits.Connectivity(context.Tenant, view?.Connectivity ?? node.Connectivity)); // A deleted tenant or pool loosens nothing.

    /// <summary>Whether the room has these settings, as far as this operator knows. It does not know the capacity of a room that another operator process created.</summary>
    public bool Match(AssignedNode node) => node.RoomCapacity == Capacity && node.Connectivity == Connectivity;
}
