using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Decides whether a node can take a meeting.</summary>
internal interface INodeFilter
{
    /// <summary>True when the result is the same for every node of a pool. The rejection is then reported once, with the pool's name.</summary>
    bool AppliesToPool => false;

    FilterResult Evaluate(in FilterContext context, NodeSnapshot node);
}
