using MeetOperator.Contracts.Selectors;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Restricts a meeting to the pools that its pool selector matches.</summary>
internal sealed class PoolSelectorFilter : INodeFilter
{
    public bool AppliesToPool => true;

    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return context.Demand.PoolSelector is null || LabelSelectorMatch.Matches(context.Demand.PoolSelector, node.PoolLabels)
            ? FilterResult.Pass
            : FilterResult.Reject("the meeting's placement.poolSelector does not match the pool's labels");
    }
}
