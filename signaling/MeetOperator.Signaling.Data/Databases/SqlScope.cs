namespace MeetOperator.Signaling.Data;

/// <summary>
/// Whose rows a piece of work may see: one tenant's, the row of one meeting whose id somebody holds, or, for retention, meetings that have ended or the
/// rows of those that are open. PostgreSQL enforces it with row-level security; the conditions in the SQL say the same once more.
/// </summary>
public readonly record struct SqlScope
{
    private SqlScope(string tenant, string meetingId, string retention) => (Tenant, MeetingId, Retention) = (tenant, meetingId, retention);

    /// <summary>Meetings of all tenants that have ended, to be removed.</summary>
    public static SqlScope OfRetention { get; } = new(string.Empty, string.Empty, "on");

    /// <summary>Meetings of all tenants that are open, to be compared with the objects.</summary>
    public static SqlScope OfOpenMeetings { get; } = new(string.Empty, string.Empty, "open");

    public string Tenant { get; }

    public string MeetingId { get; }

    /// <summary><c>on</c>, <c>open</c> or <c>off</c>, as the policies of migrations 0006 and 0007 read it.</summary>
    public string Retention { get; }

    public static SqlScope Of(string tenant) => new(tenant, string.Empty, "off");

    public static SqlScope OfMeeting(string meetingId) => new(string.Empty, meetingId, "off");
}
