using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Limits the number of meetings on a node, and with it the impact of a node failure.</summary>
internal sealed class MeetingCapacityFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return node.Meetings < node.MaxMeetings
            ? FilterResult.Pass
            : FilterResult.Reject($"full: {node.Meetings} of {node.MaxMeetings} meetings");
    }
}
