namespace MeetOperator.Placement.Filters;

/// <summary>Bounds the meetings of one node, and so what it takes along when it dies.</summary>
public sealed class MeetingCapacityFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return node.Meetings < node.MaxMeetings
            ? FilterResult.Pass
            : FilterResult.Reject($"full: {node.Meetings} of {node.MaxMeetings} meetings");
    }
}
