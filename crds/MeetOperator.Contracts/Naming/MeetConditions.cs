namespace MeetOperator.Contracts.Naming;

/// <summary>Condition types in <c>status.conditions</c>.</summary>
public static class MeetConditions
{
    /// <summary>The object is fully functional. Present on every kind from the first reconcile, and removed from a Meeting that has ended.</summary>
    public const string Ready = "Ready";

    /// <summary>The operator is working, or waits for something that resolves by itself; present only while true (kstatus).</summary>
    public const string Reconciling = "Reconciling";

    /// <summary>Nothing happens until something is changed; present only while true (kstatus).</summary>
    public const string Stalled = "Stalled";

    /// <summary>On an SfuNode and its SfuPool: the drain is blocked, for example by a meeting that no other node can take; present only while true.</summary>
    public const string DrainBlocked = "DrainBlocked";

    /// <summary>On an SfuNode: its stress has stayed above rebalance.stressThreshold of the pool, so meetings leave it, or the message says why they stay; present only while true.</summary>
    public const string Overloaded = "Overloaded";

    /// <summary>On a TurnPool: relays have all the allocations that they may have, and refuse participants; present only while true.</summary>
    public const string RelaysFull = "RelaysFull";

    /// <summary>On a Tenant: it has as many allocations on relays as its quota allows, so that further participants get no relays; present only while true.</summary>
    public const string RelayQuotaReached = "RelayQuotaReached";

    /// <summary>On a TurnPool: the clock of a relay differs from that of the operator, so that credentials end too early or too late there; present only while true.</summary>
    public const string ClockSkewed = "ClockSkewed";

    /// <summary>On a TurnPool: the stored secrets of its relays were deleted or replaced by somebody else, and there is a new one; present for auth.overlapSeconds.</summary>
    public const string SecretLost = "SecretLost";

    /// <summary>On a TurnPool: relays do not get the certificate for TLS; present only while true.</summary>
    public const string CertificateUnusable = "CertificateUnusable";

    /// <summary>On a TurnPool: the certificate for TLS ends within 7 days; present only while true.</summary>
    public const string CertificateExpiring = "CertificateExpiring";

    /// <summary>On a Tenant that is being deleted: meetings that have not ended block the deletion; present only while true.</summary>
    public const string DeletionBlocked = "DeletionBlocked";

    /// <summary>A Meeting passed the checks that depend on other objects (tenant, quota).</summary>
    public const string Accepted = "Accepted";

    /// <summary>A Meeting has ended; the reason says why it ended. Ready is then removed, because kstatus would interpret False as still in progress.</summary>
    public const string Complete = "Complete";

    /// <summary>A Meeting is assigned to a media node.</summary>
    public const string Placed = "Placed";

    /// <summary>A Meeting of availability class Critical has a media node that can take over. While false, the message says what is missing; absent for other meetings.</summary>
    public const string StandbyReady = "StandbyReady";

    /// <summary>All nodes of an SfuPool have its current template. While false, the message explains what the rollout waits for.</summary>
    public const string Updated = "Updated";

    /// <summary>On an SfuPool and a TurnPool: all ports that clients use answer the operator, from inside the cluster. Unknown while that cannot be measured.</summary>
    public const string ExposureReady = "ExposureReady";

    /// <summary>All API keys of a Tenant are in use; absent if the Tenant has none.</summary>
    public const string ApiKeysReady = "ApiKeysReady";
}
