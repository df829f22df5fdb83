using MeetOperator.NodeControl;
using MeetOperator.Placement;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Recovers meeting generations from media nodes when a status lacks them, because it was lost or because an operator ended before it wrote one. Pure.
/// </summary>
internal static class RoomGenerations
{
    /// <summary>
    /// Whether the node holds a generation that the meeting must exceed. Nodes that may not carry the meeting are ignored, as are out-of-range numbers.
    /// </summary>
    public static bool MustExceed(FleetNode node, RoomReport room, AssignedMeeting meeting) =>
        room.Generation < ReportRules.MaxGeneration
        && (meeting.On(node.Key) is { } assigned
            ? assigned.Generation < room.Generation
            : meeting.Generation <= room.Generation && node.IsVisibleTo(meeting.Meeting.Namespace));

    /// <summary>The nodes that may carry the meeting and whose last report contains its room, highest generation first.</summary>
    public static IReadOnlyList<(FleetNode Node, long Generation)> FindHolders(IEnumerable<FleetNode> nodes, MeetingDemand demand) =>
    [
        .. nodes
            .Where(node => node.Rooms.ContainsKey(demand.MeetingId) && node.IsVisibleTo(demand.Namespace))
            .Select(node => (Node: node, Generation: node.Rooms[demand.MeetingId].Generation))
            .Where(holder => holder.Generation < ReportRules.MaxGeneration)
            .OrderByDescending(holder => holder.Generation),
    ];

    /// <summary>
    /// Places a meeting without a known assignment where its room still exists, so that its participants stay connected; null when it may not be placed there.
    /// </summary>
    public static PlacementDecision? Rejoin(PlacementInput input, IReadOnlyList<(FleetNode Node, long Generation)> holders, DateTimeOffset now)
    {
        if (input.Demand.Current is not null)
        {
            return null;
        }

        foreach (var (holder, _) in holders)
        {
            var alone = input with { Nodes = [.. input.Nodes.Where(node => node.Name == holder.Key.Name && node.Namespace == holder.Key.Namespace)] };
            if (PlacementPlanner.Decide(alone, now) is { Nodes: not [] } back)
            {
                return back;
            }
        }

        return null;
    }

    /// <summary>Raises the generation of new assignments above every generation that a node still holds.</summary>
    public static PlacementDecision RaiseAbove(MeetingDemand demand, IReadOnlyList<(FleetNode Node, long Generation)> holders, PlacementDecision decision)
    {
        var isNew = decision.HasNewAssignments && decision.Generation > (demand.Current?.Generation ?? 0);
        if (!isNew || holders is not [var highest, ..] || decision.Generation > highest.Generation)
        {
            return decision;
        }

        var raised = highest.Generation + 1;
        return decision with
        {
            Generation = raised,
            Nodes = [.. decision.Nodes.Select(node => node.Generation == decision.Generation ? node with { Generation = raised } : node)],
        };
    }
}
