namespace MeetOperator.Operator.Fleet;

/// <summary>A failure that stops a media node from serving: reason and message of its conditions.</summary>
internal sealed record NodeFailure(string Reason, string Message)
{
    /// <summary>False when the operator resolves the failure by itself.</summary>
    public bool RequiresIntervention { get; init; } = true;
}
