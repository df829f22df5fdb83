namespace MeetOperator.Signaling.Data;

/// <summary>Participants whose entries were not renewed: a newer connection took them over, or a host removed them.</summary>
public sealed record RenewResult(IReadOnlyList<string> TakenOver, IReadOnlyList<string> Removed)
{
    public static RenewResult Nothing { get; } = new([], []);
}
