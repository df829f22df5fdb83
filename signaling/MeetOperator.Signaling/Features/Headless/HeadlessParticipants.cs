using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Features.Presence;

namespace MeetOperator.Signaling.Features.Headless;

/// <summary>
/// Participants without a socket (WHIP, WHEP) of one meeting. Their media sessions are recorded on the bus and their media flows through the media node, so no
/// replica owns them: every replica that serves the meeting renews their entries and detects their end, and exactly one announces it. Runs on the session's
/// loop.
/// </summary>
internal sealed class HeadlessParticipants(SessionPresence presence, Roster roster, IParticipantRepository rows, MeetingKey key)
{
    /// <summary>The participants that this replica admitted, with their media sessions, which are written again after Redis lost its data.</summary>
    private readonly Dictionary<string, Admitted> _admitted = new(StringComparer.Ordinal);

    /// <summary>Records a media session that is open or being opened. The participant stays until its last session ends.</summary>
    public Task AddSessionAsync(string participantId, string session) => presence.AddSessionAsync(participantId, session);

    /// <summary>
    /// Records a participant that this replica admitted. Returns false if it was already recorded; the caller must then dispose <paramref name="hold"/>.
    /// </summary>
    public bool TryAdd(PresenceEntry entry, string session, IAsyncDisposable hold)
    {
        if (_admitted.TryGetValue(entry.ParticipantId, out var known))
        {
            known.Sessions.Add(session);
            return false;
        }

        _admitted[entry.ParticipantId] = new Admitted(entry, hold) { Sessions = { session } };
        return true;
    }

    /// <summary>
    /// Deletes an ended session. Returns true if it was the last one and no other replica has deleted it; the caller must then remove the participant.
    /// </summary>
    public async Task<bool> EndSessionAsync(string participantId, string session)
    {
        if (_admitted.TryGetValue(participantId, out var known))
        {
            known.Sessions.Remove(session);
        }

        return await presence.EndSessionAsync(participantId, session).ConfigureAwait(false) == 0;
    }

    /// <summary>Deletes all sessions, because the node no longer has the participant or the meeting moved to another node.</summary>
    public Task EndAllAsync(string participantId) => presence.EndSessionAsync(participantId, null);

    /// <summary>Releases the holds of participants that left or now have a socket.</summary>
    public void Release()
    {
        foreach (var (participantId, known) in _admitted.ToList())
        {
            if (roster.Find(participantId) is not { IsShared: true })
            {
                _admitted.Remove(participantId);
                known.Release();
            }
        }
    }

    /// <summary>Releases all holds.</summary>
    public void ReleaseAll()
    {
        foreach (var known in _admitted.Values)
        {
            known.Release();
        }

        _admitted.Clear();
    }

    /// <summary>Republishes this replica's presence entries after Redis lost its data.</summary>
    public async Task RestoreAsync(int capacity)
    {
        foreach (var (participantId, known) in _admitted)
        {
            foreach (var session in known.Sessions)
            {
                await presence.AddSessionAsync(participantId, session).ConfigureAwait(false);
            }

            await presence.EnterAsync(known.Entry, capacity).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Compares presence with the participants on the node after the event stream was interrupted. Returns the entries to remove. Restores the entries of participants
    /// that were admitted by a replica that has crashed.
    /// </summary>
    public async Task<IReadOnlyList<PresenceEntry>> CompareAsync(IReadOnlySet<string> known, int capacity)
    {
        foreach (var participantId in known.Where(id => roster.Find(id) is null))
        {
            if (await presence.CountSessionsAsync(participantId).ConfigureAwait(false) > 0
                && await rows.FindAsync(key.Tenant, key.MeetingId, participantId, CancellationToken.None).ConfigureAwait(false) is { ConnectionStatus: not ConnectionStatuses.Removed } row)
            {
                await presence.EnterAsync(EntryOf(row), capacity).ConfigureAwait(false);
            }
        }

        return [.. roster.Shared.Where(e => !known.Contains(e.ParticipantId))];
    }

    public PresenceEntry EntryOf(ParticipantRow row) => presence.NewEntry(
        new SocketIdentity(key, row.ParticipantId, row.DisplayName, Roster.RoleOf(row.Role), HasTicket: true, IsReturning: false), PresenceEntry.SharedConnection, silenced: false);

    private sealed class Admitted(PresenceEntry entry, IAsyncDisposable hold)
    {
        public PresenceEntry Entry => entry;

        public HashSet<string> Sessions { get; } = new(StringComparer.Ordinal);

        // Not awaited: it may dispose the session, and this code runs on its loop.
        public void Release() => _ = hold.DisposeAsync().AsTask();
    }
}
