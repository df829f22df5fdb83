namespace MeetOperator.Contracts;

/// <summary>Types of conditions in <c>status.conditions</c>.</summary>
public static class MeetConditions
{
    /// <summary>The object does what it is for; present on every kind from the first reconcile.</summary>
    public const string Ready = "Ready";

    /// <summary>A Meeting passed the checks that look at other objects (tenant, quota).</summary>
    public const string Accepted = "Accepted";

    /// <summary>A Meeting has a media node.</summary>
    public const string Placed = "Placed";
}
