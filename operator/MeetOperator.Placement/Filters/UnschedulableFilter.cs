using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Keeps new meetings off cordoned nodes.</summary>
internal sealed class UnschedulableFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return node.Unschedulable ? FilterResult.Reject("the media node is cordoned (spec.unschedulable)") : FilterResult.Pass;
    }
}
