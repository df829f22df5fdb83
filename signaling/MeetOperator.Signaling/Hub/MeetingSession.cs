using System.Net.WebSockets;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// One meeting as this instance serves it, for as long as somebody of it has a socket here. It owns no truth: presence and order come from
/// the bus and the database, so any number of instances may serve one meeting. Everything runs on one loop.
/// </summary>
public sealed partial class MeetingSession : IAsyncDisposable
{
    private readonly MeetingServices services;
    private readonly SessionLoop loop;
    private readonly Dictionary<string, Member> members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HeadlessParticipant> headless = new(StringComparer.Ordinal);
    private readonly Roster roster = new();
    private readonly ChatFeed chat;
    private readonly SessionPresence presence;
    private readonly CancellationTokenSource closed = new();
    private readonly ILogger logger;
    private IAsyncDisposable? subscription;
    private IDisposable? watch;
    private Task ticking = Task.CompletedTask;
    private bool presenceIsStale;
    private bool ended;
    private bool evacuated;

    private MeetingSession(MeetingKey key, MeetingServices services)
    {
        Key = key;
        this.services = services;
        logger = services.Loggers.CreateLogger<MeetingSession>();
        loop = new SessionLoop(e => LogStepFailed(logger, e, Key.MeetingId));
        chat = new ChatFeed(services.Chat, key);
        presence = new SessionPresence(key, services);
        Room = new RoomLink(key.MeetingId, services, e => loop.Post(() => OnRoomEventAsync(e)));
    }

    public MeetingKey Key { get; }

    public RoomLink Room { get; }

    public static async Task<MeetingSession> OpenAsync(MeetingKey key, MeetingServices services)
    {
        var session = new MeetingSession(key, services);
        session.subscription = await session.SubscribeAsync().ConfigureAwait(false);
        services.Bus.Recovered += session.OnBusRecovered;
        session.watch = services.Directory.OnChange(key.MeetingId, () => session.loop.Post(session.OnMeetingChangedAsync));
        session.loop.Post(session.OnMeetingChangedAsync);
        session.ticking = session.TickAsync();
        services.Metrics.MeetingOpened();
        return session;
    }

    /// <summary>Brings a socket in: null when it is in, else why not.</summary>
    public Task<ProtocolError?> JoinAsync(Member member) => loop.AskAsync(() => JoinNowAsync(member));

    /// <summary>Sends a frame to one participant wherever its socket is; false when nobody of that name is here.</summary>
    public Task<bool> RelayAsync(string to, ServerMessage message) => loop.AskAsync(async () =>
    {
        if (roster.Find(to) is null)
        {
            return false;
        }

        if (members.TryGetValue(to, out var local))
        {
            local.Send(message);
        }
        else
        {
            await PublishAsync(new BusEvent { Kind = BusEventKind.Frame, ParticipantId = to, Text = System.Text.Encoding.UTF8.GetString(message.ToUtf8()) })
                .ConfigureAwait(false);
        }

        return true;
    });

    /// <summary>A participant changed what it sends; its own unmute lifts a silencing.</summary>
    public Task MuteAsync(Member member, MediaType kind, bool muted) => loop.AskAsync(async () =>
    {
        var wasSilenced = kind == MediaType.Audio ? member.Entry?.AudioSilenced : member.Entry?.VideoSilenced;
        var entry = await presence.SetMediaAsync(member.Entry!, kind, sending: !muted, silenced: muted && wasSilenced == true).ConfigureAwait(false);
        await ChangedAsync(entry).ConfigureAwait(false);
        if (wasSilenced == true && !muted)
        {
            member.Media?.Silence(kind, silenced: false);
        }

        return true;
    });

    /// <summary>Stores a line, which gives it its place, and tells it to everybody. Not on the loop: only the database orders lines.</summary>
    public async Task ChatAsync(Member member, string text)
    {
        var row = await services.Chat.AppendAsync(
            new ChatRow
            {
                Tenant = Key.Tenant,
                MeetingId = Key.MeetingId,
                SenderId = member.ParticipantId,
                DisplayName = member.Identity.DisplayName,
                Content = text,
                Timestamp = services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            closed.Token).ConfigureAwait(false);
        if (row is not null)
        {
            var frame = System.Text.Encoding.UTF8.GetString(ChatFeed.ToMessage(row).ToUtf8());
            await PublishAsync(new BusEvent { Kind = BusEventKind.Chat, Sequence = row.MessageId, Text = frame }).ConfigureAwait(false);
        }
    }

    /// <summary>The socket is gone. Unless it said so, it has some time to come back before the others are told.</summary>
    public async Task GoneAsync(Member member, bool saidLeave)
    {
        var wasCurrent = await loop.AskAsync(async () =>
        {
            var current = members.TryGetValue(member.ParticipantId, out var now) && ReferenceEquals(now, member);
            if (current)
            {
                members.Remove(member.ParticipantId);
            }

            if (member.Media is not null)
            {
                await Room.DetachAsync(member.Media, leave: false).ConfigureAwait(false);
            }

            return current && !ended && !evacuated;
        }).ConfigureAwait(false);
        if (!wasCurrent)
        {
            return;
        }

        if (!saidLeave)
        {
            await Task.Delay(services.Options.Timings.ReturnTime, services.Time, closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!closed.IsCancellationRequested)
        {
            await loop.AskAsync(() => DepartAsync(member.ParticipantId, member.ConnectionId, saidLeave ? "left" : "timeout")).ConfigureAwait(false);
        }
    }

    public PresenceEntry NewEntry(SocketIdentity identity, string connectionId) => presence.NewEntry(identity, connectionId, silenced: false);

    /// <summary>Shows a participant that sends or plays media without a socket (WHIP, WHEP) to the others, until its node says that it is gone.</summary>
    public Task<ProtocolError?> AddHeadlessAsync(HeadlessParticipant participant) => loop.AskAsync<ProtocolError?>(async () =>
    {
        if (headless.TryGetValue(participant.ParticipantId, out var shown))
        {
            shown.Sessions.Add(participant.SessionId);
            participant.Release();
        }
        else if (roster.Find(participant.ParticipantId) is null)
        {
            var result = await presence.EnterAsync(participant.Entry, Capacity()).ConfigureAwait(false);
            if (result.Outcome == EnterOutcome.Full)
            {
                return new ProtocolError(ErrorCode.Forbidden, "The meeting is full.");
            }

            headless[participant.ParticipantId] = participant with { Entry = result.Entry! };
            await ChangedAsync(result.Entry!).ConfigureAwait(false);
        }
        else
        {
            participant.Release();
        }

        return null;
    });

    /// <summary>Keeps a participant who is shown already, while a session is opened that may replace its only one.</summary>
    public Task<bool> KeepHeadlessAsync(string participantId, string opening) =>
        loop.AskAsync(() => Task.FromResult(headless.TryGetValue(participantId, out var shown) && shown.Sessions.Add(opening)));

    /// <summary>One session of a participant without a socket has ended, or was not opened in the end.</summary>
    public Task<bool> EndHeadlessAsync(string participantId, string sessionId) => loop.AskAsync(() => EndSessionAsync(participantId, sessionId));

    /// <summary>Closes every socket so that the clients come back to another instance; nobody is told that anybody left.</summary>
    public Task EvacuateAsync() => loop.AskAsync(() =>
    {
        evacuated = true;
        CloseAll(CloseCodes.Restart, "server restarts");
        return Task.FromResult(true);
    });

    public async ValueTask DisposeAsync()
    {
        await closed.CancelAsync().ConfigureAwait(false);
        services.Bus.Recovered -= OnBusRecovered;
        watch?.Dispose();
        if (subscription is not null)
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
        }

        await ticking.ConfigureAwait(false);
        await loop.DisposeAsync().ConfigureAwait(false);
        await presence.DisposeAsync().ConfigureAwait(false);
        await Room.DisposeAsync().ConfigureAwait(false);
        services.Metrics.MeetingClosed();
        closed.Dispose();
    }

    private Task<IAsyncDisposable?> SubscribeAsync() => presence.SubscribeAsync(e => loop.Post(() => OnBusEventAsync(e)));

    private async Task<ProtocolError?> JoinNowAsync(Member member)
    {
        var view = services.Directory.Find(Key.MeetingId);
        if (evacuated)
        {
            member.Socket.Close(CloseCodes.Restart, "server restarts");
            return null;
        }

        if (ended || view is null || view.IsEnded)
        {
            member.Send(new MeetingEndedMessage(view?.EndReason ?? "ended"));
            member.Socket.Close(CloseCodes.Normal, "meeting ended");
            return null;
        }

        var silenced = view.Object.Spec.Access.MuteOnEntry && member.Identity.Role != ParticipantRole.Host;
        var entered = await presence.EnterAsync(presence.NewEntry(member.Identity, member.ConnectionId, silenced), Capacity()).ConfigureAwait(false);
        if (entered.Outcome == EnterOutcome.Full)
        {
            return new ProtocolError(ErrorCode.Forbidden, "The meeting is full.");
        }

        if (members.Remove(member.ParticipantId, out var older))
        {
            await ReplaceAsync(older).ConfigureAwait(false);
        }

        ReleaseHeadless(member.ParticipantId);
        member.Entry = entered.Entry;
        await RefreshRosterAsync(entered.Entry).ConfigureAwait(false);
        members[member.ParticipantId] = member;
        member.Send(new JoinedMessage(
            member.ParticipantId,
            [.. roster.Entries.Where(e => e.ParticipantId != member.ParticipantId).Select(Roster.Info)],
            member.Identity.Role,
            entered.Entry!.AudioSilenced,
            entered.Entry.VideoSilenced,
            view.IsPeerToPeer ? Topology.P2p : Topology.Sfu));
        await ReplayAsync(member).ConfigureAwait(false);
        presence.SaveStatus(member.ParticipantId, ConnectionStatuses.Connected);
        if (!view.IsPeerToPeer)
        {
            Room.Assign(view.Assignment);
            member.Media = Room.Attach(member);
        }

        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence, ParticipantId = member.ParticipantId }).ConfigureAwait(false);
        return null;
    }

    private async Task ReplayAsync(Member member)
    {
        try
        {
            await chat.ReplayAsync(member, [.. members.Values.Where(m => m != member)], closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e))
        {
            // People can talk without the lines of before.
            member.Send(new ErrorMessage(ErrorCode.Unavailable, "The chat of before cannot be read now."));
        }
    }

    private async Task ReplaceAsync(Member older)
    {
        older.Socket.Close(CloseCodes.Replaced, "replaced by a newer socket");
        if (older.Media is not null)
        {
            await Room.DetachAsync(older.Media, leave: false).ConfigureAwait(false);
            older.Media = null;
        }
    }

    private int Capacity() => services.Directory.Find(Key.MeetingId)?.Object.Spec.MaxParticipants ?? 0;

    private async Task<bool> DepartAsync(string participantId, string connectionId, string reason)
    {
        if (members.ContainsKey(participantId) || !await presence.RemoveAsync(participantId, connectionId).ConfigureAwait(false))
        {
            return false;
        }

        await TellLeftAsync(participantId, reason).ConfigureAwait(false);
        return true;
    }

    private async Task TellLeftAsync(string participantId, string reason)
    {
        await PublishAsync(new BusEvent { Kind = BusEventKind.Left, ParticipantId = participantId, Text = reason }).ConfigureAwait(false);
        Room.Forget(participantId);
        presence.SaveStatus(participantId, ConnectionStatuses.Left);
    }

    private async Task OnBusEventAsync(BusEvent e)
    {
        switch (e.Kind)
        {
            case BusEventKind.Presence:
                // Many may come at once; one reading answers all that were queued before it.
                if (!presenceIsStale)
                {
                    presenceIsStale = true;
                    loop.Post(() => RefreshRosterAsync(null));
                }

                break;
            case BusEventKind.Left when e.ParticipantId is not null && !members.ContainsKey(e.ParticipantId):
                Broadcast(roster.Remove(e.ParticipantId, e.Text ?? "left"));
                break;
            case BusEventKind.Frame when e.ParticipantId is not null && e.Text is not null && members.TryGetValue(e.ParticipantId, out var member):
                member.Socket.Send(System.Text.Encoding.UTF8.GetBytes(e.Text));
                break;
            case BusEventKind.Chat when e.Text is not null:
                await chat.DeliverAsync(e.Sequence, e.Text, members.Values, closed.Token).ConfigureAwait(false);
                break;
            case BusEventKind.Remove when e.ParticipantId is not null && members.Remove(e.ParticipantId, out var removed):
                removed.Send(new RemovedMessage(e.Text ?? "removed"));
                removed.Socket.Close(CloseCodes.Refused, "removed");
                if (removed.Media is not null)
                {
                    await Room.DetachAsync(removed.Media, leave: true).ConfigureAwait(false);
                    removed.Media = null;
                }

                Broadcast(roster.Remove(e.ParticipantId, "removed"));
                break;
        }
    }

    private async Task OnRoomEventAsync(RoomEvent e)
    {
        switch (e.Type)
        {
            case RoomEventTypes.Speaking when e.ParticipantId is not null:
                Broadcast([new SpeakingMessage(e.ParticipantId, e.Level ?? 0)]);
                break;
            case RoomEventTypes.ParticipantLeft when e.ParticipantId is not null && headless.TryGetValue(e.ParticipantId, out var gone):
                await DepartAsync(gone).ConfigureAwait(false);
                break;
            case RoomEventTypes.Ready when headless.Count > 0 && await Room.KnownAsync().ConfigureAwait(false) is { } known:
                // The stream was away: who went meanwhile was not told.
                foreach (var lost in headless.Values.Where(h => !known.Contains(h.ParticipantId)).ToList())
                {
                    await DepartAsync(lost).ConfigureAwait(false);
                }

                break;
            case RoomEventTypes.SessionState when e.State is "closed" or "failed" && e is { ParticipantId: not null, SessionId: not null }:
                await EndSessionAsync(e.ParticipantId, e.SessionId).ConfigureAwait(false);
                break;
            case RoomEventTypes.TrackAdded or RoomEventTypes.TrackRemoved when e.ParticipantId is not null && members.ContainsKey(e.ParticipantId):
                presence.SaveStream(e, added: e.Type == RoomEventTypes.TrackAdded);
                break;
        }
    }

    private async Task OnMeetingChangedAsync()
    {
        var view = services.Directory.Find(Key.MeetingId);
        if (ended)
        {
            return;
        }

        if (view is null || view.IsEnded)
        {
            ended = true;
            Broadcast([new MeetingEndedMessage(view?.EndReason ?? "ended")]);
            var leaving = members.Values.Select(m => (m.ParticipantId, m.ConnectionId)).Concat(headless.Values.Select(h => (h.ParticipantId, h.Entry.Connection))).ToList();
            CloseAll(CloseCodes.Normal, "meeting ended");
            await presence.CloseMeetingAsync(leaving).ConfigureAwait(false);
            return;
        }

        if (!view.IsPeerToPeer && Room.Assign(view.Assignment))
        {
            // Their sessions were at the node of before, and nobody can tell them to come to this one.
            foreach (var participant in headless.Values.ToList())
            {
                await DepartAsync(participant).ConfigureAwait(false);
            }
        }
    }

    private void ReleaseHeadless(string participantId)
    {
        if (headless.Remove(participantId, out var participant))
        {
            participant.Release();
        }
    }

    private async Task<bool> EndSessionAsync(string participantId, string sessionId)
    {
        if (!headless.TryGetValue(participantId, out var shown) || !shown.Sessions.Remove(sessionId) || shown.Sessions.Count > 0)
        {
            return false;
        }

        await DepartAsync(shown).ConfigureAwait(false);
        return true;
    }

    private async Task DepartAsync(HeadlessParticipant participant)
    {
        headless.Remove(participant.ParticipantId);
        await DepartAsync(participant.ParticipantId, participant.Entry.Connection, "left").ConfigureAwait(false);
        participant.Release();
    }

    private void CloseAll(WebSocketCloseStatus code, string reason)
    {
        foreach (var member in members.Values)
        {
            member.Socket.Close(code, reason);
        }

        foreach (var participant in headless.Values)
        {
            participant.Release();
        }

        headless.Clear();
    }

    private void OnBusRecovered() => loop.Post(async () =>
    {
        presence.HoldRemovals();
        subscription ??= await SubscribeAsync().ConfigureAwait(false);
        await RenewAsync().ConfigureAwait(false);
        await RefreshRosterAsync(null).ConfigureAwait(false);
        await chat.CatchUpAsync(members.Values, closed.Token).ConfigureAwait(false);
        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence }).ConfigureAwait(false);
    });

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(services.Options.Timings.Tick, services.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(closed.Token).ConfigureAwait(false))
            {
                await loop.AskAsync(async () =>
                {
                    await RenewAsync().ConfigureAwait(false);
                    foreach (var expired in (await presence.SweepAsync().ConfigureAwait(false)).Where(e => e.Connected))
                    {
                        await TellLeftAsync(expired.ParticipantId, "timeout").ConfigureAwait(false);
                    }

                    return true;
                }).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The session is over.
        }
    }

    private async Task RenewAsync()
    {
        var own = members.Values.Select(m => m.Entry!).Concat(headless.Values.Select(h => h.Entry)).ToList();
        foreach (var taken in await presence.RenewAsync(own).ConfigureAwait(false))
        {
            if (headless.ContainsKey(taken))
            {
                ReleaseHeadless(taken);
            }
            else if (members.Remove(taken, out var member))
            {
                await ReplaceAsync(member).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Compares what the clients were told with presence. <paramref name="newcomer"/> is not told of itself: it is not a member yet.</summary>
    private async Task RefreshRosterAsync(PresenceEntry? newcomer)
    {
        presenceIsStale = false;
        var present = await presence.ListAsync(newcomer is null ? members.Values.Select(m => m.Entry!) : members.Values.Select(m => m.Entry!).Append(newcomer)).ConfigureAwait(false);
        foreach (var entry in present)
        {
            if (members.TryGetValue(entry.ParticipantId, out var member))
            {
                if (entry.Connection == member.ConnectionId)
                {
                    member.Entry = entry;
                }
                else if (entry.ParticipantId != newcomer?.ParticipantId)
                {
                    // It came back to another instance.
                    members.Remove(entry.ParticipantId);
                    await ReplaceAsync(member).ConfigureAwait(false);
                }
            }
        }

        Broadcast(roster.Update(present, presence.RemovalsHeld));
    }

    private async Task ChangedAsync(PresenceEntry entry)
    {
        if (members.TryGetValue(entry.ParticipantId, out var member))
        {
            member.Entry = entry;
        }

        await RefreshRosterAsync(null).ConfigureAwait(false);
        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence, ParticipantId = entry.ParticipantId }).ConfigureAwait(false);
    }

    /// <summary>Tells all instances; while the bus is away at least this one.</summary>
    private async Task PublishAsync(BusEvent e)
    {
        if (!await presence.TryPublishAsync(e).ConfigureAwait(false))
        {
            loop.Post(() => OnBusEventAsync(e));
        }
    }

    private void Broadcast(IReadOnlyList<ServerMessage> messages)
    {
        foreach (var message in messages)
        {
            var frame = message.ToUtf8();
            foreach (var member in members.Values)
            {
                // Nobody is told that he himself came or went.
                if (message is not ParticipantJoinedMessage { Participant.ParticipantId: var who } || who != member.ParticipantId)
                {
                    member.Socket.Send(frame);
                }
            }
        }
    }

    [LoggerMessage(3040, LogLevel.Error, "Meeting {Meeting}: a step of its session failed.")]
    private static partial void LogStepFailed(ILogger logger, Exception e, string meeting);
}
