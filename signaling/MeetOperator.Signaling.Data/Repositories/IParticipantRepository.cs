namespace MeetOperator.Signaling.Data;

public interface IParticipantRepository
{
    Task AddAsync(ParticipantRow participant, CancellationToken ct);

    Task<ParticipantRow?> FindAsync(string tenant, string meetingId, string participantId, CancellationToken ct);

    /// <summary>In the order in which they joined.</summary>
    Task<IReadOnlyList<ParticipantRow>> ListAsync(string tenant, string meetingId, CancellationToken ct);

    /// <summary>
    /// Moves to one of <see cref="ConnectionStatuses"/>; <paramref name="at"/> becomes the leave time when it means gone.
    /// Someone removed stays removed: then, and for an unknown participant, false. For removing there is <see cref="RemoveAsync"/>.
    /// </summary>
    Task<bool> SetStatusAsync(string tenant, string meetingId, string participantId, string status, long at, CancellationToken ct);

    /// <summary>
    /// Marks the participant as removed by a host; false when it is unknown. It waits for chat lines that are being stored, so that none of the
    /// participant's is committed later.
    /// </summary>
    Task<bool> RemoveAsync(string tenant, string meetingId, string participantId, long at, CancellationToken ct);

    /// <summary>Null leaves a kind as it is.</summary>
    Task SetMediaAsync(string tenant, string meetingId, string participantId, bool? audio, bool? video, CancellationToken ct);
}
