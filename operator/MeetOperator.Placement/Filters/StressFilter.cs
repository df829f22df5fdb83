using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Rejects nodes whose stress is at or above the threshold, regardless of their meeting and participant counts.</summary>
internal sealed class StressFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return node.Stress < node.StressThreshold
            ? FilterResult.Pass
            : FilterResult.Reject(FormattableString.Invariant($"overloaded: stress {node.Stress * 100:0} %, threshold {node.StressThreshold * 100:0} %"));
    }
}
