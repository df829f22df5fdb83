namespace MeetOperator.Operator.Nodes;

/// <summary>A poll that gave no report.</summary>
/// <param name="Cause">Label of metrics.</param>
/// <param name="Reason">For logs, status and events.</param>
internal sealed record PollMiss(string Cause, string Reason)
{
    public const string Timeout = "timeout";
    public const string Unreachable = "unreachable";
    public const string Untrusted = "untrusted";
    public const string Refused = "report-refused";
}
