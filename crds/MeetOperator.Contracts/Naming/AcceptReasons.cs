namespace MeetOperator.Contracts;

/// <summary>Reasons of the condition <see cref="MeetConditions.Accepted"/> that others than the operator act on.</summary>
public static class AcceptReasons
{
    /// <summary>Another meeting has the id of this one.</summary>
    public const string IdTaken = "IdTaken";

    /// <summary>More is asked for than the tenant's quota allows; a meeting that is placed goes on within the quota.</summary>
    public const string QuotaExceeded = "QuotaExceeded";
}
