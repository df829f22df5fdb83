namespace MeetOperator.Signaling.Data;

/// <summary>Who is in a meeting, over all instances. Every call is atomic.</summary>
public interface IPresence
{
    /// <summary>
    /// Writes the entry unless <paramref name="capacity"/> entries of others are there already. One host always gets in, in place of hosts who are not
    /// connected or away, and a place that nobody came to in time gives way.
    /// </summary>
    Task<EnterResult> EnterAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, CancellationToken ct);

    /// <summary>
    /// Keeps a place (an entry that is not connected) unless there is none left; who is connected keeps that entry. After <paramref name="firm"/>
    /// the place goes to somebody else when the meeting is full; sooner when more than a quarter of the places, and more than two, are reserved from one address.
    /// </summary>
    Task<EnterOutcome> ReserveAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, TimeSpan firm, CancellationToken ct);

    /// <summary>Lengthens (or shortens) the life of entries that still belong to their connection; ones that are gone are written again, unless they are shared or a host removed the participant.</summary>
    Task<RenewResult> RenewAsync(MeetingKey meeting, IReadOnlyList<PresenceEntry> entries, TimeSpan ttl, CancellationToken ct);

    /// <summary>
    /// Writes entries of connections that were accepted while presence was away, over the connections that they take the place of. Named and not written are
    /// those whom a host removed, and those who have come back elsewhere by still another connection.
    /// </summary>
    Task<RenewResult> ClaimAsync(MeetingKey meeting, IReadOnlyList<PresenceClaim> claims, TimeSpan ttl, CancellationToken ct);

    /// <summary>Every entry that has not expired, in the order of joining.</summary>
    Task<IReadOnlyList<PresenceEntry>> ListAsync(MeetingKey meeting, CancellationToken ct);

    /// <summary>Sets whether audio (or video) is sent, and whether somebody else silenced it. The entry as it is now, or null when there is none.</summary>
    Task<PresenceEntry?> SetMediaAsync(MeetingKey meeting, string participantId, PresenceMedia kind, bool sending, bool silenced, CancellationToken ct);

    /// <summary>Notes that the connection is lost; nothing when the entry is of another one by now.</summary>
    Task LeaveForNowAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct);

    /// <summary>Removes the entry if it belongs to <paramref name="connection"/>; true for exactly one of several callers.</summary>
    Task<bool> RemoveAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct);

    /// <summary>
    /// Removes the participant for good: no entry is written for it any more, for longer than any ticket is valid. True for exactly one of several
    /// callers, and only when there was an entry.
    /// </summary>
    Task<bool> ExpelAsync(MeetingKey meeting, string participantId, CancellationToken ct);

    /// <summary>Removes what has expired; each removed participant is returned to exactly one of several callers.</summary>
    Task<IReadOnlyList<PresenceEntry>> SweepAsync(MeetingKey meeting, CancellationToken ct);

    /// <summary>Remembers a media session (WHIP, WHEP) of a participant without a socket.</summary>
    Task AddSessionAsync(MeetingKey meeting, string participantId, string session, CancellationToken ct);

    /// <summary>Forgets one session (null: all). How many are left; -1 when there was none such, so that exactly one of several callers sees the last one end.</summary>
    Task<int> EndSessionAsync(MeetingKey meeting, string participantId, string? session, CancellationToken ct);

    Task<int> CountSessionsAsync(MeetingKey meeting, string participantId, CancellationToken ct);
}
