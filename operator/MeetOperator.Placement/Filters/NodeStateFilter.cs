using MeetOperator.Contracts;

namespace MeetOperator.Placement.Filters;

/// <summary>Takes nodes that serve; starting, draining and dead ones are turned down.</summary>
public sealed class NodeStateFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return node.State switch
        {
            SfuNodeState.Ready or SfuNodeState.Allocated => FilterResult.Pass,
            SfuNodeState.Starting => FilterResult.Reject("the node is starting"),
            SfuNodeState.Draining when node.CutOff => FilterResult.Reject("people do not reach the node"),
            SfuNodeState.Draining => FilterResult.Reject("the node is draining"),
            _ => FilterResult.Reject("the node does not serve"),
        };
    }
}
