namespace MeetOperator.Contracts;

/// <summary>What is allowed of what a meeting asks for.</summary>
public static class MeetingLimits
{
    /// <summary>Most people at the same time: what the meeting asks for, and never more than its tenant's quota.</summary>
    public static int Participants(Meeting meeting, Tenant? tenant)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        return Math.Min(meeting.Spec.MaxParticipants, tenant?.Spec.Quotas.ParticipantsPerMeeting ?? int.MaxValue);
    }
}
