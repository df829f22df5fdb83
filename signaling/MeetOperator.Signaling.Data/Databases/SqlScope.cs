namespace MeetOperator.Signaling.Data;

/// <summary>
/// Whose rows a piece of work may see: one tenant's, or the row of one meeting whose id somebody holds. PostgreSQL enforces it with row-level
/// security; the conditions in the SQL say the same once more.
/// </summary>
public readonly record struct SqlScope
{
    private SqlScope(string tenant, string meetingId) => (Tenant, MeetingId) = (tenant, meetingId);

    public string Tenant { get; }

    public string MeetingId { get; }

    public static SqlScope Of(string tenant) => new(tenant, string.Empty);

    public static SqlScope OfMeeting(string meetingId) => new(string.Empty, meetingId);
}
