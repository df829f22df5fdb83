using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Accepts nodes that are serving; rejects nodes that are starting, draining or unhealthy.</summary>
internal sealed class NodeStateFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        return node.State switch
        {
            SfuNodeState.Ready or SfuNodeState.Allocated => FilterResult.Pass,
            SfuNodeState.Starting => FilterResult.Reject("the media node is starting"),
            SfuNodeState.Draining when node.IsCutOff => FilterResult.Reject("clients cannot reach the media node"),
            SfuNodeState.Draining => FilterResult.Reject("the media node is draining"),
            _ => FilterResult.Reject("the media node is not serving"),
        };
    }
}
