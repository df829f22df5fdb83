using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Filters;
using MeetOperator.Placement.Inputs;
using MeetOperator.Placement.Scorers;

namespace MeetOperator.Placement.Rules;

/// <summary>
/// Decides which meetings leave an overloaded media node: those with the fewest participants first, as few as an estimate needs, and only to nodes that stay below their own limit for new
/// meetings with them. Pure.
/// </summary>
internal static class StressRules
{
    /// <summary>A meeting that would lower the stress by less is not worth a move.</summary>
    private const double LeastShare = 0.005;

    public static ReliefDecision Decide(ReliefInput input, DateTimeOffset now)
    {
        var levels = input.Parts.Select(static part => part.Level).ToArray();
        var fleet = input.Nodes.Where(node => IsPossible(input, node)).ToArray();
        var moves = new List<ReliefMove>();
        var lacksTarget = false;
        foreach (var meeting in input.Meetings.OrderBy(static meeting => meeting.Participants).ThenBy(meeting => Load(input, meeting)).ThenBy(static meeting => meeting.MeetingId, StringComparer.Ordinal))
        {
            if (moves.Count >= input.MaxMoves || levels.All(level => level < input.Goal))
            {
                break;
            }

            if (Relief(input, levels, meeting) < LeastShare)
            {
                continue;
            }

            var load = Load(input, meeting);
            if (FindTarget(input, fleet, meeting, load, now) is not { } target)
            {
                lacksTarget = true;
                continue;
            }

            moves.Add(new ReliefMove(meeting.MeetingId, fleet[target].Namespace, fleet[target].Name));
            fleet[target] = WithMeeting(fleet[target], meeting, load);
            for (var part = 0; part < levels.Length; part++)
            {
                levels[part] -= input.Parts[part].Shares.GetValueOrDefault(meeting.MeetingId);
            }
        }

        return new ReliefDecision(moves, moves.Count == 0 && input.MaxMoves > 0 ? FindLargest(input, levels, fleet, now) : null, lacksTarget);
    }

    /// <summary>Other nodes that can be linked and do not receive meetings of another overloaded node now.</summary>
    private static bool IsPossible(ReliefInput input, NodeSnapshot node) =>
        !(node.Namespace == input.Namespace && node.Name == input.Name)
        && AssignmentPlan.CanLink(node)
        && !input.Receiving.Contains((node.Namespace, node.Name));

    /// <summary>By how much the stress falls where it is too high.</summary>
    private static double Relief(ReliefInput input, double[] levels, MeetingDemand meeting) =>
        levels.Select((level, part) => level < input.Goal ? 0 : input.Parts[part].Shares.GetValueOrDefault(meeting.MeetingId)).DefaultIfEmpty().Max();

    /// <summary>What the meeting is expected to need on another node.</summary>
    private static double Load(ReliefInput input, MeetingDemand meeting) =>
        input.Parts.Select(part => part.Shares.GetValueOrDefault(meeting.MeetingId)).DefaultIfEmpty().Max();

    private static int? FindTarget(ReliefInput input, NodeSnapshot[] fleet, MeetingDemand meeting, double load, DateTimeOffset now)
    {
        var idle = fleet.Where(node => node.Stress + load < Limit(node)).Select(node => node with { Stress = node.Stress + load }).ToArray(); // First, since a fleet may be busy as a whole.
        if (idle is [])
        {
            return null;
        }

        var expected = new PlacementInput
        {
            Demand = meeting,
            Nodes = idle,
            Seed = TieBreaker.Rank(0, string.Empty, meeting.MeetingId),
            Options = input.Options,
        };
        var regions = UsedRegions.Of([], input.Nodes.FirstOrDefault(node => node.Namespace == input.Namespace && node.Name == input.Name)?.Region);
        return NodeChoice.Among(expected, new FilterContext(meeting, input.Options, now, regions), static _ => false).Best is { } best
            ? Array.FindIndex(fleet, node => node.Namespace == best.Namespace && node.Name == best.Name)
            : null;
    }

    /// <summary>What a node may have to do with the meeting. When the thresholds of a pool are close together, it must not have to send meetings back soon.</summary>
    private static double Limit(NodeSnapshot node) => Math.Min(node.StressThreshold, node.StressGoal);

    private static NodeSnapshot WithMeeting(NodeSnapshot node, MeetingDemand meeting, double load) => node with
    {
        Stress = node.Stress + load,
        Meetings = node.Meetings + 1,
        IncomingParticipants = node.IncomingParticipants + meeting.Participants,
    };

    /// <summary>The meeting that needs most, of those that no node could carry with others. People who join it later can use another node.</summary>
    private static string? FindLargest(ReliefInput input, double[] levels, NodeSnapshot[] fleet, DateTimeOffset now) => input.Meetings
        .Where(meeting => meeting.Participants >= SpanRules.MinParticipants
            && meeting.Scale.MaxNodes > 1
            && Relief(input, levels, meeting) >= LeastShare
            && fleet.All(node => Load(input, meeting) >= Limit(node))
            && FindTarget(input, fleet, meeting with { Participants = meeting.Participants / 10 }, load: 0, now) is not null)
        .OrderByDescending(meeting => Relief(input, levels, meeting)).ThenBy(static meeting => meeting.MeetingId, StringComparer.Ordinal)
        .FirstOrDefault()?.MeetingId;
}
