using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Features.Presence;

/// <summary>
/// The presence and the bus of one meeting, for its session. While the bus is unavailable, the session continues with its own state. For a short time afterwards,
/// participants with missing entries are not removed, because other replicas must first write their entries again. Everything except publishing runs on the session's loop.
/// </summary>
internal sealed partial class SessionPresence(MeetingKey key, IMeetingBus bus, SignalingOptions options, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<SessionPresence>();

    /// <summary>Participants whose mute states changed while the bus was unavailable.</summary>
    private readonly HashSet<string> _unsaved = new(StringComparer.Ordinal);

    /// <summary>
    /// Participants whose connection was accepted while the bus was unavailable, and their previous connections. The bus may still have the previous
    /// connection.
    /// </summary>
    private readonly Dictionary<string, string?> _unclaimed = new(StringComparer.Ordinal);
    private long _heldUntil = long.MinValue;

    /// <summary>True while a participant without an entry may still be in the meeting.</summary>
    public bool IsHoldingRemovals => !bus.IsConnected || time.GetUtcNow().UtcTicks < _heldUntil;

    public void HoldRemovals() => _heldUntil = (time.GetUtcNow() + (3 * options.Timings.TickInterval)).UtcTicks;

    /// <param name="identity">The participant.</param>
    /// <param name="connectionId">ID of the connection.</param>
    /// <param name="silenced">True if the meeting mutes new participants.</param>
    /// <param name="known">The participant's entry on this replica, if any: it keeps its mute state after a reconnect even if the bus is unavailable.</param>
    public PresenceEntry NewEntry(SocketIdentity identity, string connectionId, bool silenced, PresenceEntry? known = null) => new()
    {
        ParticipantId = identity.ParticipantId,
        DisplayName = identity.DisplayName,
        Role = WireName.Of(identity.Role),
        Audio = known?.Audio ?? !silenced,
        Video = known?.Video ?? true,
        AudioSilenced = known?.AudioSilenced ?? silenced,
        VideoSilenced = known?.VideoSilenced ?? false,
        Instance = options.ReplicaId,
        Connection = connectionId,
        Connected = true,
        AcknowledgesFrames = true,
        Since = known?.Since ?? time.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    public async Task<IAsyncDisposable?> SubscribeAsync(Action<BusEvent> handler, Action recovered)
    {
        try
        {
            return await bus.SubscribeAsync(key, handler, recovered, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            LogBusUnavailable(_logger, key.MeetingId, e.Message);
            return null;
        }
    }

    public async Task<bool> TryPublishAsync(BusEvent e) =>
        await TryCallAsync(() => bus.PublishAsync(key, e, CancellationToken.None)).ConfigureAwait(false);

    /// <param name="entry">The entry of the new connection.</param>
    /// <param name="capacity">The capacity of the meeting.</param>
    /// <param name="previous">ID of the participant's previous connection, or null.</param>
    public async Task<EnterResult> EnterAsync(PresenceEntry entry, int capacity, string? previous = null)
    {
        EnterResult? result = null;
        if (await TryCallAsync(async () => result = await bus.Presence.EnterAsync(key, entry, capacity, options.Timings.PresenceLifetime, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false))
        {
            _unclaimed.Remove(entry.ParticipantId);
            return result!;
        }

        if (!entry.IsShared)
        {
            _unclaimed.TryAdd(entry.ParticipantId, previous);
        }

        return new EnterResult(EnterOutcome.Entered, entry);
    }

    public async Task<RenewResult> RenewAsync(IReadOnlyList<PresenceEntry> own)
    {
        foreach (var id in _unclaimed.Keys.Except(own.Select(e => e.ParticipantId)).ToList())
        {
            _unclaimed.Remove(id); // The connection ended before its entry could be claimed.
        }

        var claims = own.Where(e => _unclaimed.ContainsKey(e.ParticipantId)).ToList();
        if (claims.Count == 0)
        {
            return own.Count == 0 ? RenewResult.Empty : await CallOrDefaultAsync(
                () => bus.Presence.RenewAsync(key, own, options.Timings.PresenceLifetime, CancellationToken.None), RenewResult.Empty).ConfigureAwait(false);
        }

        RenewResult? claimed = null;
        if (!await TryCallAsync(async () => claimed = await bus.Presence.ClaimAsync(key, [.. claims.Select(c => new PresenceClaim(c, _unclaimed[c.ParticipantId]))], options.Timings.PresenceLifetime, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false))
        {
            return RenewResult.Empty;
        }

        _unclaimed.Clear();
        var renewed = await RenewAsync([.. own.Except(claims)]).ConfigureAwait(false);
        return new RenewResult([.. renewed.TakenOver, .. claimed!.TakenOver], [.. renewed.Removed, .. claimed.Removed]);
    }

    /// <summary>
    /// Lists the participants of the meeting. Always contains <paramref name="own"/>, even if their entries are missing or belong to an older connection, or
    /// the bus is unavailable.
    /// </summary>
    public async Task<IReadOnlyList<PresenceEntry>> ListAsync(IEnumerable<PresenceEntry> own)
    {
        var mine = own.ToList();
        var unclaimed = mine.Select(m => m.ParticipantId).Where(_unclaimed.ContainsKey).ToHashSet(StringComparer.Ordinal);
        var listed = (await CallOrDefaultAsync(() => bus.Presence.ListAsync(key, CancellationToken.None), []).ConfigureAwait(false)).Where(l => !unclaimed.Contains(l.ParticipantId)).ToList();
        var known = listed.Select(l => l.ParticipantId).ToHashSet(StringComparer.Ordinal);
        return [.. listed, .. mine.Where(m => !known.Contains(m.ParticipantId))];
    }

    /// <summary>Whether the bus has what this replica knows of a participant.</summary>
    public bool IsStored(string participantId) => bus.IsConnected && !_unsaved.Contains(participantId) && !_unclaimed.ContainsKey(participantId);

    /// <summary>Stores a mute state. If storing fails, the returned entry still has the new state, and <see cref="SaveUnsavedAsync"/> stores it later.</summary>
    public async Task<(PresenceEntry Entry, bool IsStored)> SetMediaAsync(PresenceEntry entry, MediaType kind, bool sending, bool silenced)
    {
        var isAudio = kind == MediaType.Audio;
        var expected = isAudio ? entry with { Audio = sending, AudioSilenced = silenced } : entry with { Video = sending, VideoSilenced = silenced };
        PresenceEntry? stored = null;
        var isStored = await TryCallAsync(async () => stored = await bus.Presence.SetMediaAsync(
            key, entry.ParticipantId, isAudio ? PresenceMedia.Audio : PresenceMedia.Video, sending, silenced, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
        if (!isStored)
        {
            _unsaved.Add(entry.ParticipantId);
        }

        return (stored?.Connection == entry.Connection ? stored : expected, isStored);
    }

    /// <summary>Writes mute states that changed while the bus was unavailable.</summary>
    public async Task SaveUnsavedAsync(IEnumerable<PresenceEntry> own)
    {
        foreach (var entry in own.Where(e => _unsaved.Contains(e.ParticipantId)))
        {
            var saved = await TryCallAsync(async () =>
            {
                await bus.Presence.SetMediaAsync(key, entry.ParticipantId, PresenceMedia.Audio, entry.Audio, entry.AudioSilenced, CancellationToken.None).ConfigureAwait(false);
                await bus.Presence.SetMediaAsync(key, entry.ParticipantId, PresenceMedia.Video, entry.Video, entry.VideoSilenced, CancellationToken.None).ConfigureAwait(false);
            }).ConfigureAwait(false);
            if (saved)
            {
                _unsaved.Remove(entry.ParticipantId);
            }
        }
    }

    /// <summary>Returns how media flows; null if it is not stored or the bus is unavailable.</summary>
    public Task<MeetingTopology?> ReadTopologyAsync() => CallOrDefaultAsync(() => bus.ReadTopologyAsync(key, CancellationToken.None), null);

    /// <summary>Writes how media flows. Returns false if another replica wrote first, and null if the bus is unavailable.</summary>
    public Task<bool?> TryWriteTopologyAsync(MeetingTopology topology) =>
        CallOrDefaultAsync<bool?>(async () => await bus.TryWriteTopologyAsync(key, topology, CancellationToken.None).ConfigureAwait(false), null);

    public Task AddSessionAsync(string participantId, string session) =>
        TryCallAsync(() => bus.Presence.AddSessionAsync(key, participantId, session, CancellationToken.None));

    public Task<int> EndSessionAsync(string participantId, string? session) =>
        CallOrDefaultAsync(() => bus.Presence.EndSessionAsync(key, participantId, session, CancellationToken.None), -1);

    public Task<int> CountSessionsAsync(string participantId) =>
        CallOrDefaultAsync(() => bus.Presence.CountSessionsAsync(key, participantId, CancellationToken.None), 0);

    /// <summary>
    /// Removes the entry if it belongs to this connection, because the participant may have reconnected elsewhere. Returns false if the participant is still present,
    /// and null if the bus is unavailable.
    /// </summary>
    /// <param name="participantId">ID of the participant.</param>
    /// <param name="connectionId">ID of the connection that ended.</param>
    /// <param name="mayBeLost">True if an outage of the bus may have lost the entry. A participant without an entry then counts as removed by this call.</param>
    public Task<bool?> RemoveAsync(string participantId, string connectionId, bool mayBeLost = false)
    {
        mayBeLost |= _unclaimed.Remove(participantId);
        return CallOrDefaultAsync<bool?>(
            async () => await bus.Presence.RemoveAsync(key, participantId, connectionId, CancellationToken.None).ConfigureAwait(false)
                || (mayBeLost && await IsAbsentAsync(participantId).ConfigureAwait(false)),
            null);
    }

    public Task MarkAwayAsync(string participantId, string connectionId) =>
        TryCallAsync(() => bus.Presence.MarkAwayAsync(key, participantId, connectionId, CancellationToken.None));

    public Task<bool> ExpelAsync(string participantId) => CallOrDefaultAsync(() => bus.Presence.ExpelAsync(key, participantId, CancellationToken.None), true);

    public Task<IReadOnlyList<PresenceEntry>> SweepAsync() => IsHoldingRemovals
        ? Task.FromResult<IReadOnlyList<PresenceEntry>>([])
        : CallOrDefaultAsync(() => bus.Presence.SweepAsync(key, CancellationToken.None), []);

    private async Task<bool> IsAbsentAsync(string participantId) =>
        (await bus.Presence.ListAsync(key, CancellationToken.None).ConfigureAwait(false)).All(e => e.ParticipantId != participantId || !e.Connected);

    private Task<bool> TryCallAsync(Func<Task> call) => CallOrDefaultAsync(
        async () =>
        {
            await call().ConfigureAwait(false);
            return true;
        },
        false);

    private async Task<T> CallOrDefaultAsync<T>(Func<Task<T>> call, T fallback)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            LogBusUnavailable(_logger, key.MeetingId, e.Message);
            HoldRemovals();
            return fallback;
        }
    }

    [LoggerMessage(3050, LogLevel.Warning, "Meeting {Meeting}: the bus is unavailable: {Reason}")]
    private static partial void LogBusUnavailable(ILogger logger, string meeting, string reason);
}
