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
    /// <summary>Whether media of the meeting may flow directly between participants: as its mode says, but never if the tenant denies it.</summary>
    public static bool AllowsDirectConnections(Meeting meeting, Tenant? tenant)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        return meeting.Spec.Mode != MeetingMode.Sfu && tenant?.Spec.Connectivity.DirectConnections != DirectConnections.Denied;
    }

    /// <summary>Whether participants may use tunnels through signaling when nothing else works: as the tenant says, but never if they must encrypt end to end, which clients cannot do there.</summary>
    public static bool AllowsTunnels(Meeting meeting, Tenant? tenant)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        return tenant?.Spec.Connectivity.Tunnel == TunnelPolicy.LastResort && meeting.Spec.Media.E2ee != MeetingE2ee.Required;
    }
}
