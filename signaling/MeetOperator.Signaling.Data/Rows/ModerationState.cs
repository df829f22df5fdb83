namespace MeetOperator.Signaling.Data.Rows;

/// <summary>The permanent moderation decisions in the database: whether the meeting has ended, and the IDs of participants that hosts removed.</summary>
public sealed record ModerationState(bool HasEnded, IReadOnlySet<string> Removed)
{
    public static ModerationState Open { get; } = new(false, new HashSet<string>(StringComparer.Ordinal));
}
