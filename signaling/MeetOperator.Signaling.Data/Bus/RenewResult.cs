namespace MeetOperator.Signaling.Data.Bus;

/// <summary>Participants whose entries were not renewed: a newer connection took over, or a host removed the participant.</summary>
public sealed record RenewResult(IReadOnlyList<string> TakenOver, IReadOnlyList<string> Removed)
{
    public static RenewResult Empty { get; } = new([], []);
}
