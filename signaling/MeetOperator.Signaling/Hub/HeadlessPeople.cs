using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// Participants without a socket (WHIP, WHEP), as one session sees them. Their media sessions stand on the bus and their media at the node, so no
/// instance owns them: every one that has the meeting open keeps them shown and notices their end, and exactly one tells it. Runs on the session's loop.
/// </summary>
public sealed class HeadlessPeople(SessionPresence presence, Roster roster, IParticipantRepository rows, MeetingKey key)
{
    /// <summary>What keeps this instance's session open for whom it let in, and the sessions that it opened: after a Redis that lost everything they are said again.</summary>
    private readonly Dictionary<string, Opened> opened = new(StringComparer.Ordinal);

    /// <summary>Everybody without a socket, whichever instance let him in.</summary>
    public IReadOnlyList<PresenceEntry> Entries => [.. roster.Entries.Where(e => e.IsShared)];

    /// <summary>A session that is being opened, or is open: until it ends the participant stays.</summary>
    public Task AddSessionAsync(string participantId, string session) => presence.AddSessionAsync(participantId, session);

    /// <summary>Remembers who was let in here; false when this instance shows the participant already and <paramref name="hold"/> is not needed.</summary>
    public bool Keep(PresenceEntry entry, string session, IAsyncDisposable hold)
    {
        if (opened.TryGetValue(entry.ParticipantId, out var known))
        {
            known.Sessions.Add(session);
            return false;
        }

        opened[entry.ParticipantId] = new Opened(entry, hold) { Sessions = { session } };
        return true;
    }

    /// <summary>One session has ended. True when it was the last one, and this the first instance to see it: then the participant is to depart.</summary>
    public async Task<bool> EndSessionAsync(string participantId, string session)
    {
        if (opened.TryGetValue(participantId, out var known))
        {
            known.Sessions.Remove(session);
        }

        return await presence.EndSessionAsync(participantId, session).ConfigureAwait(false) == 0;
    }

    /// <summary>The node does not have the participant any more, or another node carries the meeting.</summary>
    public Task EndAllAsync(string participantId) => presence.EndSessionAsync(participantId, null);

    /// <summary>Gives back what is kept for people who are gone or have a socket now.</summary>
    public void Release()
    {
        foreach (var (participantId, known) in opened.ToList())
        {
            if (roster.Find(participantId) is not { IsShared: true })
            {
                opened.Remove(participantId);
                known.Release();
            }
        }
    }

    /// <summary>Gives back everything.</summary>
    public void ReleaseAll()
    {
        foreach (var known in opened.Values)
        {
            known.Release();
        }

        opened.Clear();
    }

    /// <summary>Says again what this instance let in, for a bus that has forgotten it.</summary>
    public async Task RestoreAsync(int capacity)
    {
        foreach (var (participantId, known) in opened)
        {
            foreach (var session in known.Sessions)
            {
                await presence.AddSessionAsync(participantId, session).ConfigureAwait(false);
            }

            await presence.EnterAsync(known.Entry, capacity).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Compares with the node after its event stream was away: who is to depart. People whom an instance let in that died since are shown again.
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

        return [.. Entries.Where(e => !known.Contains(e.ParticipantId))];
    }

    public PresenceEntry EntryOf(ParticipantRow row) => presence.NewEntry(
        new SocketIdentity(key, row.ParticipantId, row.DisplayName, Roster.RoleOf(row.Role), ByTicket: true, Returning: false), PresenceEntry.SharedConnection, silenced: false);

    private sealed class Opened(PresenceEntry entry, IAsyncDisposable hold)
    {
        public PresenceEntry Entry => entry;

        public HashSet<string> Sessions { get; } = new(StringComparer.Ordinal);

        // Not awaited: it may dispose of the session, on whose loop this runs.
        public void Release() => _ = hold.DisposeAsync().AsTask();
    }
}
