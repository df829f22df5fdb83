using MeetOperator.NodeControl;
using MeetOperator.Placement;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// What media nodes remember of a meeting's generations when its status does not: a status may be lost, or an operator may have died before it wrote one. Pure.
/// </summary>
internal static class RoomGenerations
{
    /// <summary>Whether the node knows of a generation that the meeting has to go above. A node that may not carry the meeting has no say, nor has one with an absurd number.</summary>
    public static bool Raises(FleetNode node, RoomReport room, AssignedMeeting meeting)
    {
        var carries = meeting.Node == node.Key;
        return (carries || node.IsVisibleTo(meeting.Meeting.Namespace))
            && room.Generation < ReportRules.MaxGeneration
            && meeting.Generation < room.Generation + (carries ? 0 : 1);
    }

    /// <summary>The node that may carry the meeting and whose last report has the room under the highest generation, and that generation; null and -1 when no report has it.</summary>
    public static (FleetNode? Node, long Generation) Highest(IEnumerable<FleetNode> nodes, MeetingDemand demand)
    {
        (FleetNode? Node, long Generation) highest = (null, -1);
        foreach (var node in nodes)
        {
            if (node.IsVisibleTo(demand.Namespace) && node.Rooms.TryGetValue(demand.MeetingId, out var generation)
                && generation < ReportRules.MaxGeneration && generation > highest.Generation)
            {
                highest = (node, generation);
            }
        }

        return highest;
    }

    /// <summary>A meeting of which nothing else is known goes where its room still is, so that nobody in it is dropped; null when it may not be there.</summary>
    public static PlacementDecision? Rejoin(PlacementInput input, FleetNode? holder, DateTimeOffset now)
    {
        if (holder is null || input.Demand.Current is not null)
        {
            return null;
        }

        var alone = input with { Nodes = [.. input.Nodes.Where(node => node.Name == holder.Key.Name && node.Namespace == holder.Key.Namespace)] };
        return PlacementPlanner.Decide(alone, now) is { Chosen: not null } back ? back : null;
    }

    /// <summary>A new assignment has a generation above every one that a node still holds.</summary>
    public static PlacementDecision Above(long reported, PlacementDecision decision) =>
        decision.Outcome is PlacementOutcome.Placed or PlacementOutcome.Moved && decision.Generation <= reported ? decision with { Generation = reported + 1 } : decision;
}
