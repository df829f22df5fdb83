namespace MeetOperator.Contracts;

/// <summary>Types of conditions in <c>status.conditions</c>.</summary>
public static class MeetConditions
{
    /// <summary>The object does what it is for; present on every kind from the first reconcile, and absent from a Meeting that has ended.</summary>
    public const string Ready = "Ready";

    /// <summary>The operator is at work or waits for something that comes by itself; present only while true (kstatus).</summary>
    public const string Reconciling = "Reconciling";

    /// <summary>Nothing will happen until somebody changes something; present only while true (kstatus).</summary>
    public const string Stalled = "Stalled";

    /// <summary>On an SfuNode and its SfuPool: a meeting keeps the node from being emptied, as no other node can take it; present only while true.</summary>
    public const string DrainBlocked = "DrainBlocked";

    /// <summary>On a Tenant that is being deleted: live meetings keep it; present only while true.</summary>
    public const string DeletionBlocked = "DeletionBlocked";

    /// <summary>A Meeting passed the checks that look at other objects (tenant, quota).</summary>
    public const string Accepted = "Accepted";

    /// <summary>A Meeting has ended; its reason is that of the end. Ready is absent then: tools that know kstatus would read False as something that is still to come.</summary>
    public const string Complete = "Complete";

    /// <summary>A Meeting has a media node.</summary>
    public const string Placed = "Placed";

    /// <summary>All nodes of an SfuPool are made from its present template; while false, its message says what waits for what.</summary>
    public const string Updated = "Updated";

    /// <summary>All API keys of a Tenant are in use; absent from a Tenant that has none.</summary>
    public const string ApiKeysReady = "ApiKeysReady";
}
