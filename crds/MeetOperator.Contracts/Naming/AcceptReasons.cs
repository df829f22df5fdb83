namespace MeetOperator.Contracts.Naming;

/// <summary>Reasons of the <see cref="MeetConditions.Accepted"/> condition that components other than the operator depend on.</summary>
public static class AcceptReasons
{
    /// <summary>Another meeting has the same ID.</summary>
    public const string IdTaken = "IdTaken";

    /// <summary>The meeting exceeds the tenant's quota. A meeting that is already placed continues within the quota.</summary>
    public const string QuotaExceeded = "QuotaExceeded";
}
