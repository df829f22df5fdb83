using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;

namespace MeetOperator.Contracts.Meetings;

/// <summary>Effective limits of a meeting, after its tenant's quotas.</summary>
public static class MeetingLimits
{
    /// <summary>Maximum number of concurrent participants: the meeting's own limit, but never more than the tenant's quota.</summary>
    public static int Participants(Meeting meeting, Tenant? tenant)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        return Math.Min(meeting.Spec.MaxParticipants, tenant?.Spec.Quotas.ParticipantsPerMeeting ?? int.MaxValue);
    }

    /// <summary>Whether media of the meeting may flow directly between participants: as its mode says, but never if the tenant denies it, or allows relays only.</summary>
    public static bool AllowsDirectConnections(Meeting meeting, Tenant? tenant)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        return meeting.Spec.Mode != MeetingMode.Sfu && tenant?.Spec.Connectivity is not ({ DirectConnections: DirectConnections.Denied } or { ForceRelay: true });
    }

    /// <summary>How participants may reach a media node: a way is denied when the tenant or the pool of the node denies it. Null when nothing is limited.</summary>
    /// <param name="tenant">The tenant of the meeting; null when it does not exist.</param>
    /// <param name="pool">The pool of the media node; null when it does not exist any more.</param>
    public static ConnectivityRule? Connectivity(Tenant? tenant, SfuPool? pool) => Connectivity(tenant, pool?.Spec.Connectivity.Rule);

    /// <summary>The same with a rule that is known for the media node, for example from its assignment.</summary>
    public static ConnectivityRule? Connectivity(Tenant? tenant, ConnectivityRule? known)
    {
        var rule = (tenant?.Spec.Connectivity.Rule ?? ConnectivityRule.Unlimited).And(known ?? ConnectivityRule.Unlimited);
        return rule == ConnectivityRule.Unlimited ? null : rule;
    }
}
