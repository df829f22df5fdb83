using MeetOperator.NodeControl;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Hub;

/// <summary>
/// Presence and database rows of one meeting for its session. While the bus is unavailable, the session continues with its own state. For a short time afterwards,
/// participants with missing entries are not removed, because other instances must first write their entries again. Runs on the session's loop.
/// </summary>
public sealed partial class SessionPresence : IAsyncDisposable
{
    private readonly MeetingKey key;
    private readonly MeetingServices services;
    private readonly ILogger logger;
    private readonly SignalingTimings timings;

    // Rows are written in the background, in order, so that a slow database does not block the meeting.
    private readonly SessionLoop rows;
    private readonly HashSet<string> unsaved = new(StringComparer.Ordinal);

    /// <summary>
    /// Participants whose connection was accepted while the bus was unavailable, and their previous connections. The bus may still have the previous
    /// connection.
    /// </summary>
    private readonly Dictionary<string, string?> unclaimed = new(StringComparer.Ordinal);
    private long heldUntil = long.MinValue;

    public SessionPresence(MeetingKey key, MeetingServices services)
    {
        this.key = key;
        this.services = services;
        timings = services.Options.Timings;
        logger = services.Loggers.CreateLogger<SessionPresence>();
        rows = new SessionLoop(e => LogRowNotWritten(logger, key.MeetingId, e.Message));
    }

    public bool HoldsRemovals => !services.Bus.IsConnected || services.Time.GetUtcNow().UtcTicks < heldUntil;

    public void HoldRemovals() => heldUntil = (services.Time.GetUtcNow() + (3 * timings.TickInterval)).UtcTicks;

    /// <param name="identity">The participant.</param>
    /// <param name="connectionId">ID of the connection.</param>
    /// <param name="silenced">True if the meeting mutes new participants.</param>
    /// <param name="known">The participant's entry on this instance, if any: it keeps its mute state after a reconnect even if the bus is unavailable.</param>
    public PresenceEntry NewEntry(SocketIdentity identity, string connectionId, bool silenced, PresenceEntry? known = null) => new()
    {
        ParticipantId = identity.ParticipantId,
        DisplayName = identity.DisplayName,
        Role = WireName.Of(identity.Role),
        Audio = known?.Audio ?? !silenced,
        Video = known?.Video ?? true,
        AudioSilenced = known?.AudioSilenced ?? silenced,
        VideoSilenced = known?.VideoSilenced ?? false,
        Instance = services.Options.Instance,
        Connection = connectionId,
        Connected = true,
        AcknowledgesFrames = true,
        Since = known?.Since ?? services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    public async Task<IAsyncDisposable?> SubscribeAsync(Action<BusEvent> handler, Action recovered)
    {
        try
        {
            return await services.Bus.SubscribeAsync(key, handler, recovered, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsBusOutage(e))
        {
            LogBusUnavailable(logger, key.MeetingId, e.Message);
            return null;
        }
    }

    public async Task<bool> TryPublishAsync(BusEvent e) =>
        await TryCallAsync(() => services.Bus.PublishAsync(key, e, CancellationToken.None)).ConfigureAwait(false);

    /// <param name="entry">The entry of the new connection.</param>
    /// <param name="capacity">The capacity of the meeting.</param>
    /// <param name="previous">ID of the participant's previous connection, or null.</param>
    public async Task<EnterResult> EnterAsync(PresenceEntry entry, int capacity, string? previous = null)
    {
        EnterResult? result = null;
        if (await TryCallAsync(async () => result = await services.Bus.Presence.EnterAsync(key, entry, capacity, timings.PresenceLifetime, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false))
        {
            unclaimed.Remove(entry.ParticipantId);
            return result!;
        }

        if (!entry.IsShared)
        {
            unclaimed.TryAdd(entry.ParticipantId, previous);
        }

        return new EnterResult(EnterOutcome.Entered, entry);
    }

    public async Task<RenewResult> RenewAsync(IReadOnlyList<PresenceEntry> own)
    {
        foreach (var id in unclaimed.Keys.Except(own.Select(e => e.ParticipantId)).ToList())
        {
            unclaimed.Remove(id); // The connection ended before its entry could be claimed.
        }

        var claims = own.Where(e => unclaimed.ContainsKey(e.ParticipantId)).ToList();
        if (claims.Count == 0)
        {
            return own.Count == 0 ? RenewResult.Empty : await CallOrDefaultAsync(
                () => services.Bus.Presence.RenewAsync(key, own, timings.PresenceLifetime, CancellationToken.None), RenewResult.Empty).ConfigureAwait(false);
        }

        RenewResult? claimed = null;
        if (!await TryCallAsync(async () => claimed = await services.Bus.Presence.ClaimAsync(key, [.. claims.Select(c => new PresenceClaim(c, unclaimed[c.ParticipantId]))], timings.PresenceLifetime, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false))
        {
            return RenewResult.Empty;
        }

        unclaimed.Clear();
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
        var listed = (await CallOrDefaultAsync(() => services.Bus.Presence.ListAsync(key, CancellationToken.None), []).ConfigureAwait(false))
            .Where(l => !unclaimed.ContainsKey(l.ParticipantId) || mine.All(m => m.ParticipantId != l.ParticipantId)).ToList();
        return [.. listed, .. mine.Where(m => listed.All(l => l.ParticipantId != m.ParticipantId))];
    }

    public async Task<PresenceEntry> SetMediaAsync(PresenceEntry entry, MediaType kind, bool sending, bool silenced)
    {
        var isAudio = kind == MediaType.Audio;
        var expected = isAudio ? entry with { Audio = sending, AudioSilenced = silenced } : entry with { Video = sending, VideoSilenced = silenced };
        PresenceEntry? stored = null;
        if (!await TryCallAsync(async () => stored = await services.Bus.Presence.SetMediaAsync(
            key, entry.ParticipantId, isAudio ? PresenceMedia.Audio : PresenceMedia.Video, sending, silenced, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false))
        {
            unsaved.Add(entry.ParticipantId);
        }

        rows.Post(() => services.Participants.SetMediaAsync(
            key.Tenant, key.MeetingId, entry.ParticipantId, isAudio ? sending : null, isAudio ? null : sending, CancellationToken.None));
        return stored?.Connection == entry.Connection ? stored : expected;
    }

    /// <summary>Writes mute states that changed while the bus was unavailable.</summary>
    public async Task SaveUnsavedAsync(IEnumerable<PresenceEntry> own)
    {
        foreach (var entry in own.Where(e => unsaved.Contains(e.ParticipantId)))
        {
            var saved = await TryCallAsync(async () =>
            {
                await services.Bus.Presence.SetMediaAsync(key, entry.ParticipantId, PresenceMedia.Audio, entry.Audio, entry.AudioSilenced, CancellationToken.None).ConfigureAwait(false);
                await services.Bus.Presence.SetMediaAsync(key, entry.ParticipantId, PresenceMedia.Video, entry.Video, entry.VideoSilenced, CancellationToken.None).ConfigureAwait(false);
            }).ConfigureAwait(false);
            if (saved)
            {
                unsaved.Remove(entry.ParticipantId);
            }
        }
    }

    public Task AddSessionAsync(string participantId, string session) =>
        TryCallAsync(() => services.Bus.Presence.AddSessionAsync(key, participantId, session, CancellationToken.None));

    public Task<int> EndSessionAsync(string participantId, string? session) =>
        CallOrDefaultAsync(() => services.Bus.Presence.EndSessionAsync(key, participantId, session, CancellationToken.None), -1);

    public Task<int> CountSessionsAsync(string participantId) =>
        CallOrDefaultAsync(() => services.Bus.Presence.CountSessionsAsync(key, participantId, CancellationToken.None), 0);

    /// <summary>
    /// Removes the entry if it belongs to this connection, because the participant may have reconnected elsewhere. Returns false if the participant is still present.
    /// </summary>
    public Task<bool> RemoveAsync(string participantId, string connectionId)
    {
        var isUnclaimed = unclaimed.Remove(participantId);
        return CallOrDefaultAsync(
            async () => await services.Bus.Presence.RemoveAsync(key, participantId, connectionId, CancellationToken.None).ConfigureAwait(false)
                || (isUnclaimed && await IsAbsentAsync(participantId).ConfigureAwait(false)),
            true);
    }

    public Task MarkAwayAsync(string participantId, string connectionId) =>
        TryCallAsync(() => services.Bus.Presence.MarkAwayAsync(key, participantId, connectionId, CancellationToken.None));

    public Task<bool> ExpelAsync(string participantId) => CallOrDefaultAsync(() => services.Bus.Presence.ExpelAsync(key, participantId, CancellationToken.None), true);

    public Task<IReadOnlyList<PresenceEntry>> SweepAsync() => HoldsRemovals
        ? Task.FromResult<IReadOnlyList<PresenceEntry>>([])
        : CallOrDefaultAsync(() => services.Bus.Presence.SweepAsync(key, CancellationToken.None), []);

    public void SaveStatus(string participantId, string status) => rows.Post(() => services.Participants.SetStatusAsync(
        key.Tenant, key.MeetingId, participantId, status, services.Time.GetUtcNow().ToUnixTimeMilliseconds(), CancellationToken.None));

    public void SaveStream(RoomEvent track, bool added)
    {
        var stream = $"{track.ParticipantId}/{track.Source}";
        rows.Post(() => added
            ? services.Streams.SaveAsync(
                new MediaStreamRow
                {
                    Tenant = key.Tenant,
                    MeetingId = key.MeetingId,
                    StreamId = stream,
                    ParticipantId = track.ParticipantId!,
                    StreamType = track.Source ?? track.Kind ?? "unknown",
                },
                CancellationToken.None)
            : services.Streams.RemoveAsync(key.Tenant, key.MeetingId, stream, CancellationToken.None));
    }

    public async Task CloseMeetingAsync(IReadOnlyList<(string ParticipantId, string ConnectionId)> leaving)
    {
        foreach (var (participantId, connectionId) in leaving)
        {
            await RemoveAsync(participantId, connectionId).ConfigureAwait(false);
            SaveStatus(participantId, ConnectionStatuses.Left);
        }

        rows.Post(() => services.Meetings.CloseAsync(key.Tenant, key.MeetingId, services.Time.GetUtcNow().ToUnixTimeMilliseconds(), CancellationToken.None));
    }

    /// <summary>Completes when all queued rows are written.</summary>
    public ValueTask DisposeAsync() => rows.DisposeAsync();

    private async Task<bool> IsAbsentAsync(string participantId) =>
        (await services.Bus.Presence.ListAsync(key, CancellationToken.None).ConfigureAwait(false)).All(e => e.ParticipantId != participantId || !e.Connected);

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
            LogBusUnavailable(logger, key.MeetingId, e.Message);
            HoldRemovals();
            return fallback;
        }
    }

    [LoggerMessage(3050, LogLevel.Warning, "Meeting {Meeting}: the bus is unavailable: {Reason}")]
    private static partial void LogBusUnavailable(ILogger logger, string meeting, string reason);

    [LoggerMessage(3051, LogLevel.Warning, "Meeting {Meeting}: failed to write a database row: {Reason}")]
    private static partial void LogRowNotWritten(ILogger logger, string meeting, string reason);
}
