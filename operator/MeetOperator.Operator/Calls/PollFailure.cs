namespace MeetOperator.Operator.Calls;

/// <summary>A poll that returned no valid report.</summary>
/// <param name="Code">Short code, used as a metric label.</param>
/// <param name="Message">Text for logs, statuses and events.</param>
internal sealed record PollFailure(string Code, string Message)
{
    public const string Timeout = "timeout";
    public const string Unreachable = "unreachable";
    public const string Untrusted = "untrusted";
    public const string Rejected = "report-rejected";
}
