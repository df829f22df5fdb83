using MeetOperator.Contracts;

namespace MeetOperator.Placement.Filters;

/// <summary>Keeps a meeting on pools that its tenant was given.</summary>
public sealed class TenantPoolFilter : INodeFilter
{
    public bool JudgesPool => true;

    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        if (context.Demand.TenantPoolSelector is null)
        {
            return FilterResult.Pass; // Without a selector only the tenant's own namespace is visible, which the planner sees to.
        }

        return LabelSelectorMatch.Matches(context.Demand.TenantPoolSelector, node.PoolLabels)
            ? FilterResult.Pass
            : FilterResult.Reject("the tenant's pools.sfuSelector does not match the pool's labels");
    }
}
