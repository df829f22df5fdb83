using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public interface IParticipantRepository
{
    Task AddAsync(ParticipantRow participant, CancellationToken ct);

    Task<ParticipantRow?> FindAsync(string tenant, string meetingId, string participantId, CancellationToken ct);

    /// <summary>
    /// Sets the status to one of <see cref="ConnectionStatuses"/>, except removed (see <see cref="RemoveAsync"/>). For <see cref="ConnectionStatuses.Left"/>,
    /// <paramref name="at"/> becomes the leave time. Returns false and changes nothing if the participant is unknown or removed.
    /// </summary>
    Task<bool> SetStatusAsync(string tenant, string meetingId, string participantId, string status, long at, CancellationToken ct);

    /// <summary>
    /// Marks the participant as removed by a host. Returns false if it is unknown. Waits for chat messages that are being stored, so that no message from the
    /// participant is committed afterwards.
    /// </summary>
    Task<bool> RemoveAsync(string tenant, string meetingId, string participantId, long at, CancellationToken ct);

    /// <summary>Updates whether audio and video are enabled. Null leaves a value unchanged.</summary>
    Task SetMediaAsync(string tenant, string meetingId, string participantId, bool? audio, bool? video, CancellationToken ct);
}
