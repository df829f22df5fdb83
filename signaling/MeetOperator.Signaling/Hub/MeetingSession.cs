using System.Net.WebSockets;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Hub;

/// <summary>
/// One meeting on this instance, for as long as this instance serves one of its participants. The session holds no authoritative state: presence is on the bus and
/// the order of chat messages in the database, so any number of instances can serve one meeting. All state belongs to one loop.
/// </summary>
public sealed partial class MeetingSession : IAsyncDisposable
{
    private readonly MeetingServices _services;
    private readonly SessionLoop _loop;
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly Roster _roster = new();
    private readonly ChatFeed _chat;
    private readonly SessionPresence _presence;
    private readonly HeadlessParticipants _headless;
    private readonly CancellationTokenSource _closed = new();
    private readonly ILogger _logger;
    private IAsyncDisposable? _subscription;
    private IDisposable? _watch;
    private Task _ticking = Task.CompletedTask;
    private bool _isPresenceStale;

    /// <summary>UID of the Meeting object.</summary>
    private readonly string? _uid;
    private bool _hasEnded;
    private bool _isEvacuated;

    private MeetingSession(MeetingKey key, string? uid, MeetingServices services)
    {
        Key = key;
        _uid = uid;
        _services = services;
        _logger = services.Loggers.CreateLogger<MeetingSession>();
        _loop = new SessionLoop(e => LogStepFailed(_logger, e, Key.MeetingId));
        _chat = new ChatFeed(services.Chat, key);
        _presence = new SessionPresence(key, services);
        Room = new RoomLink(key.MeetingId, services.Media, e => _loop.Post(() => OnRoomEventAsync(e)));
        _headless = new HeadlessParticipants(_presence, _roster, services.Participants, key);
    }

    public MeetingKey Key { get; }

    public RoomLink Room { get; }

    public static async Task<MeetingSession> OpenAsync(MeetingView meeting, MeetingServices services)
    {
        var session = new MeetingSession(meeting.Key, meeting.Object.Metadata.Uid, services);
        session._subscription = await session.SubscribeAsync().ConfigureAwait(false);
        session._watch = services.Directory.OnChange(meeting.Id, () => session._loop.Post(session.OnMeetingChangedAsync));
        session._loop.Post(session.OnMeetingChangedAsync);
        session._ticking = session.TickAsync();
        services.Metrics.MeetingOpened();
        return session;
    }

    /// <summary>Adds a socket to the meeting. Returns null on success, or if the socket was closed with a reason; otherwise an error.</summary>
    public Task<ProtocolError?> JoinAsync(Member member) => _loop.InvokeAsync(() => JoinNowAsync(member));

    /// <summary>
    /// Applies a mute or unmute by the participant: announces it to all participants and enforces it on the media node. Unmuting overrides a mute by a host.
    /// </summary>
    public Task MuteAsync(Member member, MediaType kind, bool muted) => _loop.InvokeAsync(async () =>
    {
        if (!IsCurrent(member))
        {
            return false;
        }

        var wasSilenced = kind == MediaType.Audio ? member.Entry?.AudioSilenced : member.Entry?.VideoSilenced;
        var entry = await _presence.SetMediaAsync(member.Entry!, kind, sending: !muted, silenced: muted && wasSilenced == true).ConfigureAwait(false);
        await PublishChangeAsync(entry).ConfigureAwait(false);
        member.Media?.Mute(kind, muted);
        return true;
    });

    /// <summary>
    /// Stores a chat message and sends it to all participants. Runs outside the loop, because the database orders the messages and rejects messages from senders that
    /// are not in the meeting.
    /// </summary>
    public async Task<AppendOutcome> ChatAsync(Member member, ChatMessage message)
    {
        var appended = await _services.Chat.AppendAsync(
            new ChatRow
            {
                Tenant = Key.Tenant,
                MeetingId = Key.MeetingId,
                SenderId = member.ParticipantId,
                DisplayName = member.Identity.DisplayName,
                Content = message.Message,
                Timestamp = _services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                Reference = message.Reference ?? $"{ChatFeed.OwnReference}{Guid.NewGuid():N}",
            },
            _closed.Token).ConfigureAwait(false);
        if (appended.Row is null)
        {
            return appended.Outcome;
        }

        var stored = ChatFeed.ToMessage(appended.Row);
        if (appended.Outcome == AppendOutcome.Duplicate)
        {
            // The sender reconnected before the acknowledgement arrived.
            member.Send(stored);
        }

        await PublishAsync(new BusEvent { Kind = BusEventKind.Chat, Sequence = appended.Row.MessageId, Text = System.Text.Encoding.UTF8.GetString(stored.ToUtf8()) })
            .ConfigureAwait(false);
        return appended.Outcome;
    }

    /// <summary>
    /// Handles a closed socket. Unless the participant left explicitly, it can reconnect within <see cref="SignalingTimings.ReconnectTimeout"/> before its
    /// departure is announced.
    /// </summary>
    public async Task HandleClosedSocketAsync(Member member, bool hasLeft)
    {
        var wasCurrent = await _loop.InvokeAsync(async () =>
        {
            var current = IsCurrent(member);
            if (current)
            {
                _members.Remove(member.ParticipantId);
                if (member.Identity.Role == ParticipantRole.Host)
                {
                    await _presence.MarkAwayAsync(member.ParticipantId, member.ConnectionId).ConfigureAwait(false);
                }
            }

            Detach(member, leave: false);
            return current && !_hasEnded && !_isEvacuated;
        }).ConfigureAwait(false);
        if (!wasCurrent)
        {
            return;
        }

        if (!hasLeft)
        {
            await Task.Delay(_services.Options.Timings.ReconnectTimeout, _services.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!_closed.IsCancellationRequested)
        {
            await _loop.InvokeAsync(() => RemoveParticipantAsync(member.ParticipantId, member.ConnectionId, hasLeft ? "left" : "timeout")).ConfigureAwait(false);
        }
    }

    /// <summary>Closes every socket so that clients reconnect to another instance. Announces no departures.</summary>
    public Task EvacuateAsync() => _loop.InvokeAsync(() =>
    {
        _isEvacuated = true;
        CloseAll(CloseCodes.Restart, "server restarts");
        return Task.FromResult(true);
    });

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        _watch?.Dispose();
        if (_subscription is not null)
        {
            await _subscription.DisposeAsync().ConfigureAwait(false);
        }

        await _ticking.ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
        await _presence.DisposeAsync().ConfigureAwait(false);
        await Room.DisposeAsync().ConfigureAwait(false);
        _services.Metrics.MeetingClosed();
        _closed.Dispose();
    }

    private Task<IAsyncDisposable?> SubscribeAsync() => _presence.SubscribeAsync(e => _loop.Post(() => OnBusEventAsync(e)), () => _ = RecoverAsync());

    private async Task<ProtocolError?> JoinNowAsync(Member member)
    {
        var view = View();
        if (_isEvacuated)
        {
            member.Socket.Close(CloseCodes.Restart, "server restarts");
            return null;
        }

        if (_hasEnded || view is null || view.IsEnded)
        {
            member.Send(new MeetingEndedMessage(view?.EndReason ?? "ended"));
            member.Socket.Close(CloseCodes.Normal, "meeting ended");
            return null;
        }

        var silenced = view.Object.Spec.Access.MuteOnEntry && member.Identity.Role != ParticipantRole.Host;
        var before = _roster.Find(member.ParticipantId);
        var entered = await _presence.EnterAsync(_presence.NewEntry(member.Identity, member.ConnectionId, silenced, before), Capacity(), before?.Connection).ConfigureAwait(false);
        if (entered.Outcome == EnterOutcome.Full)
        {
            return new ProtocolError(ErrorCode.Forbidden, "The meeting is full.");
        }

        if (entered.Outcome == EnterOutcome.Removed || _removed.Contains(member.ParticipantId))
        {
            _removed.Add(member.ParticipantId);
            member.Send(new RemovedMessage("removed"));
            member.Socket.Close(CloseCodes.Rejected, "removed");
            return null;
        }

        if (_members.Remove(member.ParticipantId, out var older))
        {
            Replace(older);
        }

        member.Entry = entered.Entry;
        await RefreshRosterAsync(entered.Entry).ConfigureAwait(false);
        _headless.Release();
        _members[member.ParticipantId] = member;
        member.Send(new JoinedMessage(
            member.ParticipantId,
            [.. _roster.Entries.Where(e => e.ParticipantId != member.ParticipantId).Select(Roster.Info)],
            member.Identity.Role,
            entered.Entry!.AudioSilenced,
            entered.Entry.VideoSilenced,
            view.IsPeerToPeer ? Topology.P2p : Topology.Sfu));
        await ReplayAsync(member).ConfigureAwait(false);
        _presence.SaveStatus(member.ParticipantId, ConnectionStatuses.Connected);
        if (!view.IsPeerToPeer)
        {
            Room.Assign(view.Assignments);
            member.Media = Room.Attach(member);
        }

        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence, ParticipantId = member.ParticipantId }).ConfigureAwait(false);
        return null;
    }

    private async Task ReplayAsync(Member member)
    {
        try
        {
            await _chat.ReplayAsync(member, [.. _members.Values.Where(m => m != member)], _closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (!TransientErrors.IsDatabaseOutage(e))
            {
                LogStepFailed(_logger, e, Key.MeetingId);
            }

            // Participants can use the meeting without the chat history.
            member.Send(new ErrorMessage(ErrorCode.Unavailable, "The chat history is unavailable now. It is sent when the database recovers."));
        }
    }

    private bool IsCurrent(Member member) => _members.TryGetValue(member.ParticipantId, out var now) && ReferenceEquals(now, member);

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

    private int Capacity() => View()?.Capacity ?? 0;

    /// <summary>Returns the meeting, or null if it was deleted or its ID now belongs to another meeting.</summary>
    private MeetingView? View() =>
        _services.Directory.Find(Key.MeetingId) is { } view && view.TenantName == Key.Tenant && view.Object.Metadata.Uid == _uid ? view : null;

    private async Task<bool> RemoveParticipantAsync(string participantId, string connectionId, string reason)
    {
        if (_members.ContainsKey(participantId) || !await _presence.RemoveAsync(participantId, connectionId).ConfigureAwait(false))
        {
            return false;
        }

        await AnnounceDepartureAsync(participantId, reason).ConfigureAwait(false);
        return true;
    }

    private async Task AnnounceDepartureAsync(string participantId, string reason)
    {
        await PublishAsync(new BusEvent { Kind = BusEventKind.Left, ParticipantId = participantId, Text = reason }).ConfigureAwait(false);
        Room.RemoveParticipant(participantId);
        _presence.SaveStatus(participantId, ConnectionStatuses.Left);
    }

    /// <summary>
    /// Reads presence and sends the changes to the members. <paramref name="newcomer"/> is the entry of a joining participant that is not a member yet.
    /// </summary>
    private async Task RefreshRosterAsync(PresenceEntry? newcomer)
    {
        _isPresenceStale = false;
        var own = _members.Values.Select(m => m.Entry!);
        var present = (await _presence.ListAsync(newcomer is null ? own : own.Append(newcomer)).ConfigureAwait(false)).Where(e => !_removed.Contains(e.ParticipantId)).ToList();
        foreach (var entry in present)
        {
            if (_members.TryGetValue(entry.ParticipantId, out var member))
            {
                if (entry.Connection == member.ConnectionId)
                {
                    member.Entry = entry;
                }
                else if (entry.ParticipantId != newcomer?.ParticipantId)
                {
                    // The participant reconnected to another instance.
                    _members.Remove(entry.ParticipantId);
                    Replace(member);
                }
            }
        }

        Broadcast(_roster.Update(present, _presence.HoldsRemovals));
    }

    private async Task PublishChangeAsync(PresenceEntry entry)
    {
        if (_members.TryGetValue(entry.ParticipantId, out var member))
        {
            member.Entry = entry;
        }

        await RefreshRosterAsync(null).ConfigureAwait(false);
        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence, ParticipantId = entry.ParticipantId }).ConfigureAwait(false);
    }

    /// <summary>Publishes an event to all instances. While the bus is unavailable, handles it on this instance.</summary>
    private async Task PublishAsync(BusEvent e)
    {
        if (!await _presence.TryPublishAsync(e).ConfigureAwait(false))
        {
            _loop.Post(() => OnBusEventAsync(e));
        }
    }

    private void Broadcast(IReadOnlyList<ServerMessage> messages)
    {
        foreach (var message in messages)
        {
            var frame = message.ToUtf8();
            foreach (var member in _members.Values)
            {
                // A participant receives no message about its own join.
                if (message is not ParticipantJoinedMessage { Participant.ParticipantId: var joinedId } || joinedId != member.ParticipantId)
                {
                    member.Socket.Send(frame);
                }
            }
        }
    }

    [LoggerMessage(3040, LogLevel.Error, "Meeting {Meeting}: a step of the session failed.")]
    private static partial void LogStepFailed(ILogger logger, Exception e, string meeting);
}
