namespace MeetOperator.Signaling.Data.Databases;

/// <summary>
/// The rows that a unit of work can access: the rows of one tenant, the row of one meeting whose ID the caller knows, or, for retention, the rows of all ended
/// or all open meetings. PostgreSQL enforces it with row-level security, in addition to the conditions in the SQL.
/// </summary>
public readonly record struct SqlScope
{
    private SqlScope(string tenant, string meetingId, string retention) => (Tenant, MeetingId, Retention) = (tenant, meetingId, retention);

    /// <summary>The ended meetings of all tenants, for deletion.</summary>
    public static SqlScope OfRetention { get; } = new(string.Empty, string.Empty, "on");

    /// <summary>The open meetings of all tenants, for comparison with the Meeting objects.</summary>
    public static SqlScope OfOpenMeetings { get; } = new(string.Empty, string.Empty, "open");

    public string Tenant { get; }

    public string MeetingId { get; }

    /// <summary><c>on</c>, <c>open</c> or <c>off</c>, as the policies of migrations 0006 and 0007 read it.</summary>
    public string Retention { get; }

    public static SqlScope Of(string tenant) => new(tenant, string.Empty, "off");

    public static SqlScope OfMeeting(string meetingId) => new(string.Empty, meetingId, "off");
}
