namespace MeetOperator.Signaling.Data;

public interface IParticipantRepository
{
    Task AddAsync(ParticipantRow participant, CancellationToken ct);

    Task<ParticipantRow?> FindAsync(string tenant, string meetingId, string participantId, CancellationToken ct);

    /// <summary>In the order in which they joined.</summary>
    Task<IReadOnlyList<ParticipantRow>> ListAsync(string tenant, string meetingId, CancellationToken ct);

    /// <summary>
    /// Moves to one of <see cref="ConnectionStatuses"/>; <paramref name="at"/> becomes the leave time when it means gone.
    /// Someone removed stays removed: then (unless he is removed once more), and for an unknown participant, false.
    /// </summary>
    Task<bool> SetStatusAsync(string tenant, string meetingId, string participantId, string status, long at, CancellationToken ct);

    /// <summary>Null leaves a kind as it is.</summary>
    Task SetMediaAsync(string tenant, string meetingId, string participantId, bool? audio, bool? video, CancellationToken ct);
}
