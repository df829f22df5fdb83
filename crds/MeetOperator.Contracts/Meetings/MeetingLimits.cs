using MeetOperator.Contracts.Connectivity;
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

    /// <summary>How participants may reach a media node: a way is denied when the tenant or the pool of the node denies it. Null for the defaults.</summary>
    /// <param name="tenant">Its tenant; null when it does not exist.</param>
    /// <param name="known">The rule of the media node's pool, or what is known for the media node from its assignment; null for the defaults.</param>
    public static ConnectivityRule? Connectivity(Tenant? tenant, ConnectivityRule? known)
    {
        var rule = (tenant?.Spec.Connectivity.Rule ?? ConnectivityRule.Default).And(known ?? ConnectivityRule.Default);
        return rule == ConnectivityRule.Default ? null : rule;
    }
}
