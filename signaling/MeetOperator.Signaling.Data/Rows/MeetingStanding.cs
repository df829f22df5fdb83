namespace MeetOperator.Signaling.Data;

/// <summary>What was decided about a meeting for good, as the rows hold it: whether it has ended, and who was removed from it.</summary>
public sealed record MeetingStanding(bool HasEnded, IReadOnlySet<string> Removed)
{
    public static MeetingStanding Open { get; } = new(false, new HashSet<string>(StringComparer.Ordinal));
}
