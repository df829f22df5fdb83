using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Filters;

/// <summary>Rejects nodes whose last load report is missing or too old.</summary>
internal sealed class StaleReportFilter : INodeFilter
{
    public FilterResult Evaluate(in FilterContext context, NodeSnapshot node)
    {
        if (node.LastSeen is not { } seen)
        {
            return FilterResult.Reject("the node has not reported yet");
        }

        var age = (context.Now - seen).TotalSeconds;
        return age <= context.Options.StaleReportSeconds
            ? FilterResult.Pass
            : FilterResult.Reject(FormattableString.Invariant($"the node's last report is {age:0} s old"));
    }
}
