namespace MeetOperator.Placement.Filters;

/// <summary>Turns down nodes that are too busy, whatever their counts say.</summary>
public sealed class StressFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return node.Stress < node.StressThreshold
            ? FilterResult.Pass
            : FilterResult.Reject(FormattableString.Invariant($"stressed: {node.Stress * 100:0} % of {node.StressThreshold * 100:0} %"));
    }
}
