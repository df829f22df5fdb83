using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Hub;

/// <summary>
/// One meeting on this replica, for as long as this replica serves one of its participants. The session holds no authoritative state: presence is on the bus and
/// the order of chat messages in the database, so any number of replicas can serve one meeting. All state belongs to one loop. Participants enter and leave through
/// <see cref="Membership"/>. The session passes joins, messages, events, ticks and the end on to the features of the meeting, which do everything else.
/// </summary>
internal sealed class MeetingSession : IMeeting, IAsyncDisposable
{
    private readonly MeetingServices _services;
    private readonly SessionLoop _loop;
    private readonly SessionPresence _presence;
    private readonly SessionRows _rows;
    private readonly Membership _membership;
    private readonly SessionRecovery _recovery;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _evacuated = new();
    private readonly ILogger _logger;

    /// <summary>UID of the Meeting object.</summary>
    private readonly string? _uid;
    private IAsyncDisposable? _subscription;
    private IDisposable? _watch;
    private Task _ticking = Task.CompletedTask;

    private MeetingSession(MeetingKey key, string? uid, MeetingServices services)
    {
        Key = key;
        _uid = uid;
        _services = services;
        _logger = services.Loggers.CreateLogger<MeetingSession>();
        Closed = _closed.Token;
        _loop = new SessionLoop(LogFailure);
        _presence = new SessionPresence(key, services.Bus, services.Options, services.Time, services.Loggers);
        _rows = new SessionRows(key, services.Meetings, services.Participants, services.Streams, services.Time, services.Loggers);
        Media = new MeetingMedia(key.MeetingId, services.Media, new SessionMediaEvents(this));
        Members = new Members(Media);
        _membership = new Membership(this, _presence, _rows);
        Features = new MeetingFeatures(this, services, _membership, _presence, _rows);
        _recovery = new SessionRecovery(this, services.Recoveries, _presence, Features);
    }

    public MeetingKey Key { get; }

    public TimeProvider Time => _services.Time;

    public MeetingMedia Media { get; }

    public Members Members { get; }

    public Roster Roster { get; } = new();

    public bool HasEnded { get; private set; }

    public CancellationToken Closed { get; }

    public MeetingFeatures Features { get; }

    private bool IsEvacuated => _evacuated.IsCancellationRequested;

    public static async Task<MeetingSession> OpenAsync(MeetingView meeting, MeetingServices services)
    {
        var session = new MeetingSession(meeting.Key, meeting.Object.Metadata.Uid, services);
        session._subscription = await session._presence.SubscribeAsync(e => session._loop.Post(() => session.OnBusEventAsync(e)), session._recovery.Start).ConfigureAwait(false);
        session._watch = services.Directory.OnChange(meeting.Id, session.Follow);
        services.Relays.Changed += session.Follow;
        session.Follow();
        session._ticking = Ticker.RunAsync(services.Options.Timings.TickInterval, services.Time, () => session._loop.InvokeAsync(session.TickNowAsync), session.Closed);
        services.Metrics.MeetingOpened();
        return session;
    }

    /// <summary>Adds a socket to the meeting. Returns null on success, or if the socket was closed with a reason; otherwise an error.</summary>
    public Task<ProtocolError?> JoinAsync(Member member) => _loop.InvokeAsync(() => JoinNowAsync(member));

    /// <summary>
    /// Handles a closed socket. Unless the participant left explicitly, it can reconnect within <see cref="SignalingTimings.ReconnectTimeout"/> before its
    /// departure is announced. While the bus is unavailable, the participant stays, because it may be connected to another replica.
    /// Returns at once when the session is evacuated: the entry then expires like those of the evacuated participants.
    /// </summary>
    public async Task HandleClosedSocketAsync(Member member, bool hasLeft)
    {
        var wasCurrent = await _loop.InvokeAsync(async () =>
        {
            var current = Members.IsCurrent(member);
            if (current)
            {
                Members.Remove(member);
                await _membership.MarkAwayAsync(member).ConfigureAwait(false);
            }

            Members.Detach(member, leave: false);
            return current && !HasEnded && !IsEvacuated;
        }).ConfigureAwait(false);
        if (!wasCurrent)
        {
            return;
        }

        var isDone = hasLeft && await _loop.InvokeAsync(() => _membership.RemoveAsync(member.ParticipantId, member.ConnectionId)).ConfigureAwait(false);
        var (reason, wasUnknown) = hasLeft ? ("left", true) : ("timeout", false);
        while (!isDone)
        {
            var wait = wasUnknown ? _services.Options.Timings.TickInterval : _services.Options.Timings.ReconnectTimeout;
            await Task.Delay(wait, Time, _evacuated.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isDone = await _loop.InvokeAsync(async () => IsEvacuated || await _membership.TryRemoveLostAsync(member, reason, wasUnknown).ConfigureAwait(false)).ConfigureAwait(false);
            wasUnknown = true;
        }
    }

    /// <summary>Closes every socket so that clients reconnect to another replica. Announces no departures.</summary>
    public Task EvacuateAsync() => _loop.InvokeAsync(async () =>
    {
        await _evacuated.CancelAsync().ConfigureAwait(false);
        await CloseAllAsync(CloseCode.Restart, "server restarts").ConfigureAwait(false);
        return true;
    });

    public MeetingView? View() => _services.Directory.Find(Key.MeetingId) is { } view && view.TenantName == Key.Tenant && view.Object.Metadata.Uid == _uid ? view : null;

    public void Post(Func<Task> action) => _loop.Post(action);
    public Task<T> InvokeAsync<T>(Func<Task<T>> function) => _loop.InvokeAsync(function);

    public async Task PublishAsync(BusEvent e)
    {
        if (!await _presence.TryPublishAsync(e).ConfigureAwait(false))
        {
            _loop.Post(() => OnBusEventAsync(e));
        }
    }

    public async Task EndAsync(string reason)
    {
        if (!HasEnded)
        {
            HasEnded = true;
            Members.Broadcast([new MeetingEndedMessage(reason)]);
            await CloseAllAsync(CloseCode.Normal, "meeting ended").ConfigureAwait(false);
            await Features.ForEachOnceAsync(feature => feature.OnEndedAsync()).ConfigureAwait(false);
        }
    }

    public void LogFailure(Exception e) => SessionLog.StepFailed(_logger, e, Key.MeetingId);

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        _watch?.Dispose();
        _services.Relays.Changed -= Follow;
        if (_subscription is not null)
        {
            await _subscription.DisposeAsync().ConfigureAwait(false);
        }

        await _ticking.ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
        await _rows.DisposeAsync().ConfigureAwait(false);
        await Media.DisposeAsync().ConfigureAwait(false);
        _services.Metrics.MeetingClosed();
        _closed.Dispose();
        _evacuated.Dispose();
    }

    private async Task<ProtocolError?> JoinNowAsync(Member member)
    {
        var view = View();
        if (IsEvacuated)
        {
            member.Transport.Close(CloseCode.Restart, "server restarts");
            return null;
        }

        if (HasEnded || view is null || view.IsEnded)
        {
            member.Send(new MeetingEndedMessage(view?.EndReason ?? "ended"));
            member.Transport.Close(CloseCode.Normal, "meeting ended");
            return null;
        }

        if (view.IsE2ee && member.IdentityKey is null)
        {
            member.CloseAsUnableToEncrypt();
            return null;
        }

        switch (await _membership.EnterAsync(member, view).ConfigureAwait(false))
        {
            case EnterOutcome.Full:
                return new ProtocolError(ErrorCode.Forbidden, "The meeting is full.");
            case EnterOutcome.Removed:
                member.CloseAsRemoved();
                return null;
        }

        await Features.ForEachAsync(feature => feature.OnEnteredAsync(member, view)).ConfigureAwait(false);
        var others = Roster.Entries.Where(e => e.ParticipantId != member.ParticipantId).Select(Roster.Info);
        var topology = view.IsPeerToPeer ? Topology.P2p : Topology.Sfu;
        member.Send(new JoinedMessage(member.ParticipantId, [.. others], member.Identity.Role, member.Entry!.AudioSilenced, member.Entry.VideoSilenced, topology, view.IsE2ee, view.Tenant.Spec.Survey.Enabled));
        await Features.ForEachAsync(feature => feature.OnJoinedAsync(member, view)).ConfigureAwait(false);
        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence, ParticipantId = member.ParticipantId }).ConfigureAwait(false);
        return null;
    }

    private Task CloseAllAsync(CloseCode code, string reason)
    {
        Members.CloseAll(code, reason);
        return Features.ForEachOnceAsync(feature => feature.OnSocketsClosedAsync());
    }

    // After the end, the event may belong to a later meeting with the same ID.
    private Task OnBusEventAsync(BusEvent e) => HasEnded ? Task.CompletedTask : Features.ForEachAsync(feature => feature.OnBusEventAsync(e));

    /// <summary>Follows a change of the Meeting, or of the relays.</summary>
    private void Follow() => _loop.Post(OnMeetingChangedAsync);

    private Task OnMeetingChangedAsync() => View() switch
    {
        _ when HasEnded => Task.CompletedTask,
        null => EndAsync("ended"),
        { IsEnded: true } view => EndAsync(view.EndReason),
        { } view => Features.FollowAsync(view),
    };

    private async Task<bool> TickNowAsync()
    {
        try
        {
            // After the end, renewed entries would appear in a later meeting with the same ID.
            await (HasEnded ? Task.CompletedTask : Features.ForEachAsync(feature => feature.OnTickAsync())).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogFailure(e); // The next tick tries again.
        }

        return true;
    }
}
