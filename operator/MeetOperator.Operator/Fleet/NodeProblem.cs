namespace MeetOperator.Operator.Fleet;

/// <summary>What keeps a media node from serving: reason and message of its conditions.</summary>
internal sealed record NodeProblem(string Reason, string Message)
{
    /// <summary>False when the operator itself removes it.</summary>
    public bool NeedsPeople { get; init; } = true;
}
