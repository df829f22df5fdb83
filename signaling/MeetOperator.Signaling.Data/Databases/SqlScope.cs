namespace MeetOperator.Signaling.Data;

/// <summary>
/// Whose rows a piece of work may see: one tenant's, the row of one meeting whose id somebody holds, or, for retention, meetings that have ended. PostgreSQL
/// enforces it with row-level security; the conditions in the SQL say the same once more.
/// </summary>
public readonly record struct SqlScope
{
    private SqlScope(string tenant, string meetingId, bool retention) => (Tenant, MeetingId, Retention) = (tenant, meetingId, retention ? "on" : "off");

    /// <summary>Meetings of all tenants that have ended, to be removed.</summary>
    public static SqlScope OfRetention { get; } = new(string.Empty, string.Empty, retention: true);

    public string Tenant { get; }

    public string MeetingId { get; }

    /// <summary><c>on</c> or <c>off</c>, as the policies of migration 0006 read it.</summary>
    public string Retention { get; }

    public static SqlScope Of(string tenant) => new(tenant, string.Empty, retention: false);

    public static SqlScope OfMeeting(string meetingId) => new(string.Empty, meetingId, retention: false);
}
