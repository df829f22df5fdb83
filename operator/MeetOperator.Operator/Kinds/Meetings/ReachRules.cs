using MeetOperator.Contracts.Connectivity;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Finds settings that leave participants no way to a media node. Pure.</summary>
internal static class ReachRules
{
    /// <summary>The reason for a tenant and a pool of which one allows relays only, and the other one denies them.</summary>
    public const string RelaysDenied = "RelaysDenied";

    /// <summary>The reason for relays that are required and do not exist.</summary>
    public const string NoRelay = "NoRelay";

    /// <summary>The reason and a message for the status; null when participants can connect.</summary>
    /// <param name="tenant">Name of the tenant.</param>
    /// <param name="ofTenant">What the tenant says.</param>
    /// <param name="pool">Namespace and name of the media node's pool.</param>
    /// <param name="ofPool">What the pool says.</param>
    /// <param name="hasRelay">Whether a TurnPool that the tenant may use has a relay that takes participants.</param>
    public static (string Reason, string Message)? Find(string tenant, ConnectivityRule ofTenant, string pool, ConnectivityRule ofPool, bool hasRelay)
    {
        var rule = ofTenant.And(ofPool);
        if (!rule.ForceRelay)
        {
            return null;
        }

        var forcing = ofTenant.ForceRelay ? $"tenant {tenant}" : $"SfuPool {pool}";
        return rule.AllowsNothing
            ? (RelaysDenied, $"nobody can connect: {forcing} allows relays only (connectivity.forceRelay), and {(ofTenant.ForceRelay ? $"SfuPool {pool}" : $"tenant {tenant}")} denies them (connectivity.turn): change one of the two, or let the tenant use another pool")
            : hasRelay ? null
            : (NoRelay, $"nobody can connect: {forcing} allows relays only (connectivity.forceRelay), and no TurnPool that the tenant may use has a ready relay: create one, correct the one that is not ready, or set forceRelay to false");
    }
}
