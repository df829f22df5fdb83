namespace MeetOperator.Placement.Filters;

/// <summary>Says whether a node can carry a meeting.</summary>
public interface INodeFilter
{
    /// <summary>True when the verdict holds for every node of the pool, so that it is reported once.</summary>
    bool JudgesPool => false;

    FilterResult Evaluate(in FilterContext context, NodeSnapshot node);
}
