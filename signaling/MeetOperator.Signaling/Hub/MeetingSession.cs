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
    private readonly Roster roster = new();
    private readonly ChatFeed chat;
    private readonly SessionPresence presence;
    private readonly HeadlessPeople headless;
    private readonly CancellationTokenSource closed = new();
    private readonly ILogger logger;
    private IAsyncDisposable? subscription;
    private IDisposable? watch;
    private Task ticking = Task.CompletedTask;
    private bool presenceIsStale;

    /// <summary>Of the Meeting object that this session is of.</summary>
    private readonly string? uid;
    private bool ended;
    private bool evacuated;

    private MeetingSession(MeetingKey key, string? uid, MeetingServices services)
    {
        Key = key;
        this.uid = uid;
        this.services = services;
        logger = services.Loggers.CreateLogger<MeetingSession>();
        loop = new SessionLoop(e => LogStepFailed(logger, e, Key.MeetingId));
        chat = new ChatFeed(services.Chat, key);
        presence = new SessionPresence(key, services);
        Room = new RoomLink(key.MeetingId, services, e => loop.Post(() => OnRoomEventAsync(e)));
        headless = new HeadlessPeople(presence, roster, services.Participants, key);
    }

    public MeetingKey Key { get; }

    public RoomLink Room { get; }

    public static async Task<MeetingSession> OpenAsync(MeetingView meeting, MeetingServices services)
    {
        var session = new MeetingSession(meeting.Key, meeting.Object.Metadata.Uid, services);
        session.subscription = await session.SubscribeAsync().ConfigureAwait(false);
        session.watch = services.Directory.OnChange(meeting.Id, () => session.loop.Post(session.OnMeetingChangedAsync));
        session.loop.Post(session.OnMeetingChangedAsync);
        session.ticking = session.TickAsync();
        services.Metrics.MeetingOpened();
        return session;
    }

    /// <summary>Brings a socket in: null when it is in, else why not.</summary>
    public Task<ProtocolError?> JoinAsync(Member member) => loop.AskAsync(() => JoinNowAsync(member));

    /// <summary>A participant changed what it sends: told to all, and enforced at the node. Its own unmute lifts a silencing.</summary>
    public Task MuteAsync(Member member, MediaType kind, bool muted) => loop.AskAsync(async () =>
    {
        if (!IsCurrent(member))
        {
            return false;
        }

        var wasSilenced = kind == MediaType.Audio ? member.Entry?.AudioSilenced : member.Entry?.VideoSilenced;
        var entry = await presence.SetMediaAsync(member.Entry!, kind, sending: !muted, silenced: muted && wasSilenced == true).ConfigureAwait(false);
        await ChangedAsync(entry).ConfigureAwait(false);
        member.Media?.Mute(kind, muted);
        return true;
    });

    /// <summary>
    /// Stores a line, which gives it its place, and tells it to everybody. Not on the loop: only the database orders lines, and it refuses
    /// those of people who are not in the meeting.
    /// </summary>
    public async Task<AppendOutcome> ChatAsync(Member member, ChatMessage line)
    {
        var appended = await services.Chat.AppendAsync(
            new ChatRow
            {
                Tenant = Key.Tenant,
                MeetingId = Key.MeetingId,
                SenderId = member.ParticipantId,
                DisplayName = member.Identity.DisplayName,
                Content = line.Message,
                Timestamp = services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                Reference = line.Reference ?? $"{ChatFeed.OwnReference}{Guid.NewGuid():N}",
            },
            closed.Token).ConfigureAwait(false);
        if (appended.Row is null)
        {
            return appended.Outcome;
        }

        var message = ChatFeed.ToMessage(appended.Row);
        if (appended.Outcome == AppendOutcome.Known)
        {
            // The sender reconnected before the acknowledgement arrived.
            member.Send(message);
        }

        await PublishAsync(new BusEvent { Kind = BusEventKind.Chat, Sequence = appended.Row.MessageId, Text = System.Text.Encoding.UTF8.GetString(message.ToUtf8()) })
            .ConfigureAwait(false);
        return appended.Outcome;
    }

    /// <summary>The socket is gone. Unless it said so, it has some time to come back before the others are told.</summary>
    public async Task GoneAsync(Member member, bool saidLeave)
    {
        var wasCurrent = await loop.AskAsync(async () =>
        {
            var current = IsCurrent(member);
            if (current)
            {
                members.Remove(member.ParticipantId);
                if (member.Identity.Role == ParticipantRole.Host)
                {
                    await presence.LeaveForNowAsync(member.ParticipantId, member.ConnectionId).ConfigureAwait(false);
                }
            }

            Detach(member, leave: false);
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

    private Task<IAsyncDisposable?> SubscribeAsync() => presence.SubscribeAsync(e => loop.Post(() => OnBusEventAsync(e)), () => _ = RecoverAsync());

    private async Task<ProtocolError?> JoinNowAsync(Member member)
    {
        var view = View();
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
        var before = roster.Find(member.ParticipantId);
        var entered = await presence.EnterAsync(presence.NewEntry(member.Identity, member.ConnectionId, silenced, before), Capacity(), before?.Connection).ConfigureAwait(false);
        if (entered.Outcome == EnterOutcome.Full)
        {
            return new ProtocolError(ErrorCode.Forbidden, "The meeting is full.");
        }

        if (entered.Outcome == EnterOutcome.Removed || removed.Contains(member.ParticipantId))
        {
            removed.Add(member.ParticipantId);
            member.Send(new RemovedMessage("removed"));
            member.Socket.Close(CloseCodes.Refused, "removed");
            return null;
        }

        if (members.Remove(member.ParticipantId, out var older))
        {
            Replace(older);
        }

        member.Entry = entered.Entry;
        await RefreshRosterAsync(entered.Entry).ConfigureAwait(false);
        headless.Release();
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
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (!Failures.IsDatabaseOutage(e))
            {
                LogStepFailed(logger, e, Key.MeetingId);
            }

            // People can talk without the lines of before.
            member.Send(new ErrorMessage(ErrorCode.Unavailable, "The chat of before cannot be read now."));
        }
    }

    private bool IsCurrent(Member member) => members.TryGetValue(member.ParticipantId, out var now) && ReferenceEquals(now, member);

    private void Replace(Member older)
    {
        older.Socket.Close(CloseCodes.Replaced, "replaced by a newer socket");
        Detach(older, leave: false);
    }

    private void Detach(Member member, bool leave)
    {
        if (member.Media is { } media)
        {
            member.Media = null;
            Room.Detach(media, leave);
        }
    }

    private int Capacity() => View()?.Places ?? 0;

    /// <summary>The meeting as the API server shows it; null when there is none, or when its id belongs to another meeting by now.</summary>
    private MeetingView? View() =>
        services.Directory.Find(Key.MeetingId) is { } view && view.TenantName == Key.Tenant && view.Object.Metadata.Uid == uid ? view : null;

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

    /// <summary>Compares what the clients were told with presence. <paramref name="newcomer"/> is not told of itself: it is not a member yet.</summary>
    private async Task RefreshRosterAsync(PresenceEntry? newcomer)
    {
        presenceIsStale = false;
        var own = members.Values.Select(m => m.Entry!);
        var present = (await presence.ListAsync(newcomer is null ? own : own.Append(newcomer)).ConfigureAwait(false)).Where(e => !removed.Contains(e.ParticipantId)).ToList();
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
                    Replace(member);
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
