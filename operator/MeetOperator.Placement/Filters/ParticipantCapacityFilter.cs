namespace MeetOperator.Placement.Filters;

/// <summary>Bounds the people of one node.</summary>
public sealed class ParticipantCapacityFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        var expected = node.ExpectedPeople(context.Options);
        var coming = Math.Max(context.Demand.Participants, Math.Min(context.Options.PeoplePerNewMeeting, context.Demand.MaxParticipants));
        return expected + coming <= node.MaxParticipants
            ? FilterResult.Pass
            : FilterResult.Reject($"full: {expected} of {node.MaxParticipants} people, {coming} more are expected");
    }
}
