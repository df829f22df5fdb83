namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The participants of each meeting, across all replicas. Every call is atomic.</summary>
public interface IPresence
{
    /// <summary>
    /// Writes the entry unless the meeting already has <paramref name="capacity"/> other entries. If no host is connected, a host always enters and replaces
    /// the entries of disconnected or away hosts. Reservations that are no longer firm are removed when their places are needed.
    /// </summary>
    Task<EnterResult> EnterAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, CancellationToken ct);

    /// <summary>
    /// Reserves a place (an entry that is not connected) unless the meeting is full. A connected participant keeps its entry. After <paramref name="firmFor"/>,
    /// another participant can take the place when the meeting is full. If one address holds more than two reservations and more than a quarter of the
    /// capacity, its excess reservations can be taken earlier.
    /// </summary>
    Task<EnterOutcome> ReserveAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, TimeSpan firmFor, CancellationToken ct);

    /// <summary>
    /// Sets a new expiry for entries that still belong to their connection. Writes missing entries again, unless they are shared or a host removed the
    /// participant.
    /// </summary>
    Task<RenewResult> RenewAsync(MeetingKey meeting, IReadOnlyList<PresenceEntry> entries, TimeSpan ttl, CancellationToken ct);

    /// <summary>
    /// Writes the entries of connections that were accepted while presence was unavailable, and replaces the connections that they succeed. The result names the
    /// entries that were not written, because a host removed the participant, or because the participant has a newer connection on another replica.
    /// </summary>
    Task<RenewResult> ClaimAsync(MeetingKey meeting, IReadOnlyList<PresenceClaim> claims, TimeSpan ttl, CancellationToken ct);

    /// <summary>Lists the entries that have not expired, in the order of joining.</summary>
    Task<IReadOnlyList<PresenceEntry>> ListAsync(MeetingKey meeting, CancellationToken ct);

    /// <summary>
    /// Records whether audio (or video) is sent, and whether a host or the meeting settings muted it. Returns the updated entry, or null if there is none.
    /// </summary>
    Task<PresenceEntry?> SetMediaAsync(MeetingKey meeting, string participantId, PresenceMedia kind, bool sending, bool silenced, CancellationToken ct);

    /// <summary>Marks the participant as away after its connection was lost. Does nothing if the entry belongs to another connection.</summary>
    Task MarkAwayAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct);

    /// <summary>Removes the entry if it belongs to <paramref name="connection"/>. Returns true for exactly one of several concurrent callers.</summary>
    Task<bool> RemoveAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct);

    /// <summary>
    /// Removes the participant permanently: later writes of its entry are rejected for longer than any ticket is valid. Returns true for exactly one of
    /// several concurrent callers, and only if there was an entry.
    /// </summary>
    Task<bool> ExpelAsync(MeetingKey meeting, string participantId, CancellationToken ct);

    /// <summary>Removes expired entries. Each removed entry is returned to exactly one of several concurrent callers.</summary>
    Task<IReadOnlyList<PresenceEntry>> SweepAsync(MeetingKey meeting, CancellationToken ct);

    /// <summary>Records a media session (WHIP, WHEP) of a participant without a socket.</summary>
    Task AddSessionAsync(MeetingKey meeting, string participantId, string session, CancellationToken ct);

    /// <summary>
    /// Deletes one session, or all if <paramref name="session"/> is null. Returns the number of remaining sessions, or -1 if the session did not exist, so that
    /// exactly one of several concurrent callers gets 0.
    /// </summary>
    Task<int> EndSessionAsync(MeetingKey meeting, string participantId, string? session, CancellationToken ct);

    Task<int> CountSessionsAsync(MeetingKey meeting, string participantId, CancellationToken ct);
}
