namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>What is known about a media node that tries a new template.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsReady">Whether it accepts meetings.</param>
/// <param name="Failure">Why it counts as failed, or null.</param>
/// <param name="Message">Its state, for messages.</param>
/// <param name="Joins">Number of connections that participants have opened, including failed ones; null when it does not count them.</param>
/// <param name="FailedJoins">Number of those that failed.</param>
internal sealed record CanaryNode(string Name, bool IsReady, string? Failure, string Message, long? Joins, long? FailedJoins);
