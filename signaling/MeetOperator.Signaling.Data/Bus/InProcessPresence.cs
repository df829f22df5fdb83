namespace MeetOperator.Signaling.Data.Bus;

/// <summary>Presence in memory. One lock is enough because every call is short.</summary>
internal sealed class InProcessPresence(TimeProvider time) : IPresence
{
    private static readonly TimeSpan RemovalLifetime = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<MeetingKey, Dictionary<string, StoredEntry>> _meetings = [];
    private readonly Dictionary<(MeetingKey Meeting, string ParticipantId), HashSet<string>> _sessions = [];
    private readonly Dictionary<(MeetingKey Meeting, string ParticipantId), DateTimeOffset> _removed = [];

    public Task<EnterResult> EnterAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, CancellationToken ct)
    {
        lock (_gate)
        {
            if (IsRemoved(meeting, entry.ParticipantId))
            {
                return Task.FromResult(new EnterResult(EnterOutcome.Removed, null));
            }

            var entries = Entries(meeting);
            var now = time.GetUtcNow();
            var had = entries.TryGetValue(entry.ParticipantId, out var held) && held.Until > now;
            if (!had && !TryMakeRoom(entries, entry, capacity, now))
            {
                return Task.FromResult(new EnterResult(EnterOutcome.Full, null));
            }

            var stored = had ? KeepState(entry, held!.Entry) : entry;
            entries[entry.ParticipantId] = new StoredEntry(stored, now + ttl);
            return Task.FromResult(new EnterResult(had && held!.Entry.Connected ? EnterOutcome.TookOver : EnterOutcome.Entered, stored));
        }
    }

    public Task<EnterOutcome> ReserveAsync(MeetingKey meeting, PresenceEntry entry, int capacity, TimeSpan ttl, TimeSpan firmFor, CancellationToken ct)
    {
        lock (_gate)
        {
            if (IsRemoved(meeting, entry.ParticipantId))
            {
                return Task.FromResult(EnterOutcome.Removed);
            }

            var entries = Entries(meeting);
            var now = time.GetUtcNow();
            var had = entries.TryGetValue(entry.ParticipantId, out var held) && held.Until > now;
            if (had && held!.Entry.Connected)
            {
                return Task.FromResult(EnterOutcome.TookOver);
            }

            if (!had && !TryMakeRoom(entries, entry, capacity, now))
            {
                return Task.FromResult(EnterOutcome.Full);
            }

            var reservation = (had ? KeepState(entry, held!.Entry) : entry) with { FirmUntil = (now + firmFor).ToUnixTimeMilliseconds() };
            entries[entry.ParticipantId] = new StoredEntry(reservation, now + ttl);
            return Task.FromResult(EnterOutcome.Entered);
        }
    }

    public Task<RenewResult> RenewAsync(MeetingKey meeting, IReadOnlyList<PresenceEntry> entries, TimeSpan ttl, CancellationToken ct)
    {
        lock (_gate)
        {
            var held = Entries(meeting);
            var until = time.GetUtcNow() + ttl;
            var (takenOver, removedIds) = (new List<string>(), new List<string>());
            foreach (var entry in entries)
            {
                if (IsRemoved(meeting, entry.ParticipantId))
                {
                    removedIds.Add(entry.ParticipantId);
                }
                else if (!held.TryGetValue(entry.ParticipantId, out var current))
                {
                    if (!entry.IsShared)
                    {
                        held[entry.ParticipantId] = new StoredEntry(entry, until);
                    }
                }
                else if (current.Entry.Connection == entry.Connection)
                {
                    held[entry.ParticipantId] = current with { Until = until };
                }
                else
                {
                    takenOver.Add(entry.ParticipantId);
                }
            }

            return Task.FromResult(new RenewResult(takenOver, removedIds));
        }
    }

    public Task<RenewResult> ClaimAsync(MeetingKey meeting, IReadOnlyList<PresenceClaim> claims, TimeSpan ttl, CancellationToken ct)
    {
        lock (_gate)
        {
            var held = Entries(meeting);
            var now = time.GetUtcNow();
            var (takenOver, removedIds) = (new List<string>(), new List<string>());
            foreach (var (entry, previous) in claims)
            {
                if (IsRemoved(meeting, entry.ParticipantId))
                {
                    removedIds.Add(entry.ParticipantId);
                }
                else if (previous is not null && held.TryGetValue(entry.ParticipantId, out var other) && other.Until > now && other.Entry.Connected
                    && other.Entry.Connection != previous && other.Entry.Connection != entry.Connection)
                {
                    takenOver.Add(entry.ParticipantId);
                }
                else
                {
                    held[entry.ParticipantId] = new StoredEntry(entry, now + ttl);
                }
            }

            return Task.FromResult(new RenewResult(takenOver, removedIds));
        }
    }

    public Task<IReadOnlyList<PresenceEntry>> ListAsync(MeetingKey meeting, CancellationToken ct)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            return Task.FromResult<IReadOnlyList<PresenceEntry>>(_meetings.TryGetValue(meeting, out var entries)
                ? [.. entries.Values.Where(h => h.Until > now).Select(h => h.Entry).OrderBy(e => e.Since).ThenBy(e => e.ParticipantId, StringComparer.Ordinal)]
                : []);
        }
    }

    public Task<PresenceEntry?> SetMediaAsync(MeetingKey meeting, string participantId, PresenceMedia kind, bool sending, bool silenced, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_meetings.TryGetValue(meeting, out var entries) || !entries.TryGetValue(participantId, out var held))
            {
                return Task.FromResult<PresenceEntry?>(null);
            }

            var entry = kind == PresenceMedia.Audio
                ? held.Entry with { Audio = sending, AudioSilenced = silenced }
                : held.Entry with { Video = sending, VideoSilenced = silenced };
            entries[participantId] = held with { Entry = entry };
            return Task.FromResult<PresenceEntry?>(entry);
        }
    }

    public Task MarkAwayAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_meetings.TryGetValue(meeting, out var entries) && entries.TryGetValue(participantId, out var held) && held.Entry.Connection == connection)
            {
                entries[participantId] = held with { Entry = held.Entry with { Away = true } };
            }

            return Task.CompletedTask;
        }
    }

    public Task<bool> RemoveAsync(MeetingKey meeting, string participantId, string connection, CancellationToken ct)
    {
        lock (_gate)
        {
            var removed = _meetings.TryGetValue(meeting, out var entries)
                && entries.TryGetValue(participantId, out var held)
                && held.Entry.Connection == connection
                && entries.Remove(participantId);
            RemoveIfEmpty(meeting);
            return Task.FromResult(removed);
        }
    }

    public Task<bool> ExpelAsync(MeetingKey meeting, string participantId, CancellationToken ct)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var old in _removed.Where(r => r.Value <= now).Select(r => r.Key).ToList())
            {
                _removed.Remove(old);
            }

            _removed[(meeting, participantId)] = now + RemovalLifetime;
            var had = _meetings.TryGetValue(meeting, out var entries) && entries.Remove(participantId);
            RemoveIfEmpty(meeting);
            return Task.FromResult(had);
        }
    }

    public Task<IReadOnlyList<PresenceEntry>> SweepAsync(MeetingKey meeting, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_meetings.TryGetValue(meeting, out var entries))
            {
                return Task.FromResult<IReadOnlyList<PresenceEntry>>([]);
            }

            var now = time.GetUtcNow();
            List<PresenceEntry> expired = [.. entries.Values.Where(h => h.Until <= now).Select(h => h.Entry)];
            expired.ForEach(e => entries.Remove(e.ParticipantId));
            RemoveIfEmpty(meeting);
            return Task.FromResult<IReadOnlyList<PresenceEntry>>(expired);
        }
    }

    public Task AddSessionAsync(MeetingKey meeting, string participantId, string session, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue((meeting, participantId), out var open))
            {
                _sessions[(meeting, participantId)] = open = new HashSet<string>(StringComparer.Ordinal);
            }

            open.Add(session);
            return Task.CompletedTask;
        }
    }

    public Task<int> EndSessionAsync(MeetingKey meeting, string participantId, string? session, CancellationToken ct)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue((meeting, participantId), out var open) || (session is not null && !open.Remove(session)))
            {
                return Task.FromResult(-1);
            }

            if (session is null || open.Count == 0)
            {
                _sessions.Remove((meeting, participantId));
                return Task.FromResult(0);
            }

            return Task.FromResult(open.Count);
        }
    }

    public Task<int> CountSessionsAsync(MeetingKey meeting, string participantId, CancellationToken ct)
    {
        lock (_gate)
        {
            return Task.FromResult(_sessions.TryGetValue((meeting, participantId), out var open) ? open.Count : 0);
        }
    }

    private static PresenceEntry KeepState(PresenceEntry entry, PresenceEntry old) => entry with
    {
        Audio = old.Audio,
        Video = old.Video,
        AudioSilenced = old.AudioSilenced,
        VideoSilenced = old.VideoSilenced,
        Since = old.Since,
    };

    /// <summary>
    /// Returns true if the meeting has room for the entry, and removes other entries for it if needed. If no host is connected, a host replaces all hosts that are
    /// disconnected or away. Otherwise, reservations that are no longer firm are removed first, then the excess reservations of one address.
    /// </summary>
    private static bool TryMakeRoom(Dictionary<string, StoredEntry> entries, PresenceEntry entry, int capacity, DateTimeOffset now)
    {
        var present = entries.Where(h => h.Value.Until > now).OrderBy(h => h.Value.Until).ToList();
        if (present.Count < capacity)
        {
            return true;
        }

        var hosts = present.Where(h => h.Value.Entry.IsHost).ToLookup(h => h.Value.Entry is { Connected: true, Away: false });
        if (entry.IsHost && !hosts[true].Any())
        {
            hosts[false].ToList().ForEach(h => entries.Remove(h.Key));
            return true;
        }

        var reserved = present.Where(h => h.Value.Entry is { Connected: false, FirmUntil: not null }).ToLookup(h => h.Value.Entry.FirmUntil > now.ToUnixTimeMilliseconds());
        var tooMany = reserved[true].GroupBy(h => h.Value.Entry.Address ?? h.Key).SelectMany(ofOne => ofOne.Skip(Math.Max(2, (capacity + 3) / 4)));
        var idle = reserved[false].Concat(tooMany).ToList();
        var needed = present.Count - capacity + 1;
        if (idle.Count < needed)
        {
            return false;
        }

        idle.Take(needed).ToList().ForEach(h => entries.Remove(h.Key));
        return true;
    }

    private bool IsRemoved(MeetingKey meeting, string participantId) => _removed.TryGetValue((meeting, participantId), out var until) && until > time.GetUtcNow();

    private Dictionary<string, StoredEntry> Entries(MeetingKey meeting)
    {
        if (!_meetings.TryGetValue(meeting, out var entries))
        {
            _meetings[meeting] = entries = new Dictionary<string, StoredEntry>(StringComparer.Ordinal);
        }

        return entries;
    }

    private void RemoveIfEmpty(MeetingKey meeting)
    {
        if (_meetings.TryGetValue(meeting, out var entries) && entries.Count == 0)
        {
            _meetings.Remove(meeting);
        }
    }

    private sealed record StoredEntry(PresenceEntry Entry, DateTimeOffset Until);
}
