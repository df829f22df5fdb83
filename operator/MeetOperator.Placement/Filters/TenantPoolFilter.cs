using MeetOperator.Contracts.Selectors;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Restricts a meeting to the pools that its tenant may use.</summary>
internal sealed class TenantPoolFilter : INodeFilter
{
    public bool AppliesToPool => true;

    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        if (context.Demand.TenantPoolSelector is null)
        {
            return FilterResult.Pass; // Without a selector, the planner has already excluded every namespace but the tenant's own.
        }

        return LabelSelectorMatch.Matches(context.Demand.TenantPoolSelector, node.PoolLabels)
            ? FilterResult.Pass
            : FilterResult.Reject("the tenant's pools.sfuSelector does not match the pool's labels");
    }
}
