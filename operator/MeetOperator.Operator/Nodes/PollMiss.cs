namespace MeetOperator.Operator.Nodes;

/// <summary>A poll that returned no valid report.</summary>
/// <param name="Cause">Short code, used as a metric label.</param>
/// <param name="Reason">Text for logs, statuses and events.</param>
internal sealed record PollMiss(string Cause, string Reason)
{
    public const string Timeout = "timeout";
    public const string Unreachable = "unreachable";
    public const string Untrusted = "untrusted";
    public const string Refused = "report-refused";
}
