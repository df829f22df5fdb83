using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Core;
using MeetOperator.KubectlMeet.Reading;
using MeetOperator.Placement;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.KubectlMeet.Placing;

/// <summary>Explains a placement with the operator's own filters. Pure.</summary>
internal static class WhyRules
{
    /// <summary>Reasons of the operator's events about a placement.</summary>
    private static readonly string[] DecisionReasons = [nameof(PlacementOutcome.Placed), nameof(PlacementOutcome.Moved), nameof(PlacementOutcome.Extended), nameof(PlacementOutcome.Reduced), nameof(PlacementOutcome.NoCapacity), nameof(PlacementOutcome.NoCandidates)];

    public static WhyReport Explain(Inventory inventory, Meeting meeting, IReadOnlyList<Event> events, IReadOnlyList<string> notReadable, DateTimeOffset now)
    {
        var demand = ObservedFleet.Demand(inventory, meeting);
        demand = demand.Current is { Nodes: [_, _, ..] } ? demand with { Participants = FurtherPlaces(demand) } : demand;
        var decision = events
            .Where(happened => DecisionReasons.Contains(happened.Reason) && happened.InvolvedObject.Kind == nameof(Meeting) && happened.InvolvedObject.Uid == meeting.Metadata.Uid)
            .MaxBy(At);
        return new WhyReport
        {
            Meeting = meeting.Metadata.NamespacedName.ToString(),
            Phase = $"{meeting.Status?.Phase}",
            Nodes = [.. demand.Current?.Nodes.Select(node => $"{node.Namespace}/{node.SfuNode}") ?? []],
            Roles = [.. demand.Current?.Nodes.Select(node => node.State == NodeAssignmentState.Ready ? $"{node.Role}" : $"{node.Role}, {node.State}") ?? []],
            Decision = decision?.Message,
            DecidedAt = decision is null ? null : At(decision),
            Message = meeting.Status?.Message,
            Requirements = Requirements(demand, meeting.Status?.Participants ?? 0),
            Candidates = [.. inventory.Nodes.Select(node => Candidate(demand, ObservedFleet.Snapshot(inventory, node, now), now)).OfType<Candidate>().OrderByDescending(node => node.IsCurrent).ThenBy(node => node.Lacks.Count > 0).ThenBy(node => node.Node, StringComparer.Ordinal)],
            NotKnown = [.. notReadable, .. ObservedFleet.Unknowns(inventory)],
        };
    }

    private static DateTimeOffset? At(Event happened) => happened.LastTimestamp ?? happened.EventTime ?? happened.Metadata.CreationTimestamp;

    private static Candidate? Candidate(MeetingDemand demand, NodeSnapshot node, DateTimeOffset now)
    {
        var isCurrent = ObservedFleet.IsCurrent(demand, node);

        // The current node already carries the meeting's people, so its own capacity is no question.
        IReadOnlyList<string>? lacks = isCurrent ? [] : PlacementPlanner.FindRejections(demand, node, now);
        return lacks is null ? null : new Candidate($"{node.Namespace}/{node.Name}", node.Pool, isCurrent, lacks);
    }

    /// <summary>The places that the planner looks for on a further media node of a meeting that has several.</summary>
    private static int FurtherPlaces(MeetingDemand demand) => Math.Max(PlacementOptions.Default.ParticipantsPerNewMeeting, demand.Participants / 10);

    private static IReadOnlyList<string> Requirements(MeetingDemand demand, int people) =>
    [
        demand.Current is { Nodes: [_, _, ..] several } ? $"places for {people} people of at most {demand.MaxParticipants} on {several.Count} media nodes; on a further one, places for {demand.Participants} at first"
        : demand.Participants == 0 ? $"places for the first people of at most {demand.MaxParticipants}" : $"places for {demand.Participants} people of at most {demand.MaxParticipants}",
        $"regions: {demand.AllowedRegions}{(demand.PreferredRegions.Count == 0 ? string.Empty : $", preferred {string.Join(", ", demand.PreferredRegions)}")}{(demand.PinRegion ? $", pinned to {demand.Current?.Region ?? "the first"}" : string.Empty)}",
        demand.TenantPoolSelector is null ? "pools: those in its own namespace" : "pools: those that the tenant's pools.sfuSelector selects",
        .. demand.PoolSelector is null ? [] : new[] { "pools: of these, the ones that the meeting's placement.poolSelector selects" },
        $"media nodes: at most {demand.Scale.MaxNodes}; another one when {demand.Scale.EdgeThresholdPct} % of the places are taken{(demand.Scale.Spread == MeetingSpread.Regions ? ", and in each region with three people or more" : string.Empty)}",
        demand.Strategy == PlacementStrategy.Packed ? "strategy: Packed, the fullest node first" : "strategy: Distributed, the emptiest node first",
    ];
}
