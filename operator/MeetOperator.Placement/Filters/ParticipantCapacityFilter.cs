using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Limits the number of participants on a node.</summary>
internal sealed class ParticipantCapacityFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        var expected = node.ExpectedParticipants(context.Options);
        var additional = Math.Max(context.Demand.Participants, Math.Min(context.Options.ParticipantsPerNewMeeting, context.Demand.MaxParticipants));
        return expected + additional <= node.MaxParticipants
            ? FilterResult.Pass
            : FilterResult.Reject($"full: {expected} of {node.MaxParticipants} participants, {additional} more expected");
    }
}
