using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// Connects one member's socket to its media node, or while it moves to several (<see cref="MemberNodes"/>). Executes the client's requests in order, opens its sessions
/// again after they were lost, and reports failures to the client. Failures never close the socket. Public methods are thread-safe.
/// </summary>
internal sealed partial class MediaParticipant : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    private readonly MeetingMedia _media;
    private readonly IMediaClient _client;
    private readonly MediaServices _services;
    private readonly MemberCalls _calls;
    private readonly RestartBackoff _backoff = new();
    private readonly RestartBackoff _moveBackoff = new();
    private readonly QueuedOffers _offers;
    private readonly ClientState _state;
    private readonly SlotReports _slots;
    private readonly MemberLine _line;
    private readonly MemberPlace _place;
    private readonly QueuedOnce _move;
    private readonly QueuedOnce _restart;

    /// <summary>Changes only in a queued call. None before the first call.</summary>
    private volatile MemberNodes _nodes = MemberNodes.None;

    /// <summary>The subscribe session is being opened, again and again if necessary.</summary>
    private volatile bool _isStarting;

    /// <summary>A media node has answered that a host has removed the participant.</summary>
    private volatile bool _isRemoved;

    /// <summary>The sessions that the client was told to open by <c>media-restart</c>, and that are not open yet.</summary>
    private MemberSessions? _told;

    /// <summary>The client may have a connection to a media node. It then gets <c>media-restart</c> when its sessions are replaced.</summary>
    private bool _hasStarted;

    internal MediaParticipant(MeetingMedia media, IMediaClient client, MediaServices services)
    {
        _media = media;
        _client = client;
        _services = services;
        _calls = new MemberCalls(client, services);
        _offers = new QueuedOffers(_calls);
        _state = new ClientState(client, _calls, services, SelectReachable);
        _slots = new SlotReports(_calls, services.Metrics);
        _line = new MemberLine(media, client);
        _place = new MemberPlace(client, _calls, services.Metrics);
        _move = new QueuedOnce(_calls, () => SelectNewest() is null ? Task.CompletedTask : MoveAsync());
        _restart = new QueuedOnce(_calls, () => StartAsync(SelectNewest(), fresh: true, MeetingMedia.Moved));
    }

    public string ParticipantId => _client.Identity.ParticipantId;

    /// <summary>Region of the participant; null if it has none.</summary>
    public string? Region => _client.Identity.Region;

    /// <summary>Whether the client can use another node without an interruption.</summary>
    internal bool CanMove => _client.Moves;

    /// <summary>The room that the member uses or moves to; null before the first call, and while the meeting has none.</summary>
    internal RoomKey? Room => _nodes.Newest?.Room.Key;

    /// <summary>The room in which the member takes a place; null while it waits for one.</summary>
    internal RoomKey? OccupiedRoom => _place.IsAwaited ? null : Room;

    /// <summary>The oldest room that the member moves away from; null while it does not move.</summary>
    internal RoomKey? FormerRoom => _nodes is { IsMoving: true } nodes ? nodes.All[0].Room.Key : null;

    /// <summary>Opens the media session on the member's node. Does nothing if there is none.</summary>
    /// <param name="fresh">True to replace an existing subscribe session with a new one.</param>
    public void Start(bool fresh) => _calls.Post(async () =>
    {
        await (_client.Identity.HasTicket ? _media.FindLastRoomAsync(ParticipantId, _calls.Closed) : Task.CompletedTask).ConfigureAwait(false);
        await (_calls.IsClosed ? Task.CompletedTask : StartAsync(SelectNewest(), fresh, reason: null)).ConfigureAwait(false);
    });

    /// <summary>
    /// Opens the media session on another node, if there is a better one (<see cref="ParticipantNodes"/>). The client is told to open both connections there, beside the
    /// present ones. If that fails, nothing changes, and it is tried again.
    /// </summary>
    public void Move() => _move.Post();

    /// <summary>
    /// Gives up the rooms that the meeting no longer has. If it was using one of them, or <see cref="NeedsStart"/> is true, opens the media session again, and tells the client to restart its media.
    /// </summary>
    internal void LeaveLostRooms() => _restart.Post();

    /// <summary>
    /// Whether the member needs new sessions in the room that it uses: the client was told to leave those that it has there, or it has none, because its start ended for a move to another room,
    /// which has not succeeded.
    /// </summary>
    internal bool NeedsStart => !_isStarting && !_isRemoved && (IsLeft || _nodes.Newest is { SubscribeSession: null });

    private bool IsLeft => _nodes.Newest is { IsLeft: true };

    /// <summary>Whether the member uses a room that the meeting no longer has, or none although it has one.</summary>
    internal bool IsAffectedBy(ServedRooms served) => served.Rooms.Count > 0 && (_nodes.Newest is null || IsLeft || _nodes.All.Any(sessions => served.Find(sessions.Room.Key) is null));

    /// <summary>ID of the subscribe session in the room, in which its node sends offers; null if none is open.</summary>
    internal string? SubscribeSessionIn(RoomKey room) => _nodes.Find(room)?.SubscribeSession;

    /// <summary>Restarts after the node lost <paramref name="session"/>, unless another session is open by then.</summary>
    internal void RestartLost(RoomKey source, string session) => PostEvent(source, sessions => session == sessions.SubscribeSession ? HandleLossAsync(sessions) : Task.CompletedTask);

    /// <summary>Handles the event that the node has removed the participant: it lost it, or the client has moved to another node.</summary>
    internal void HandleLeft(RoomKey source) => PostEvent(source, HandleLossAsync);

    /// <summary>Leaves a node whose deadline has passed. If the member could not move before, its media restarts on another node.</summary>
    internal void EndOverdue(RoomKey room) => PostEvent(room, async sessions =>
    {
        if (sessions != _nodes.Newest)
        {
            _ = ReleaseAsync(sessions);
        }
        else if (Find(_media.Choose(this, room)) is { } target && target.Key != room)
        {
            SetNodes(_nodes.With(new MemberSessions(target, _client)));
            _ = ReleaseAsync(sessions);
            await StartAsync(_nodes.Newest, fresh: true, MeetingMedia.Moved).ConfigureAwait(false);
        }
    });

    public void Publish(OfferMessage offer) => _offers.Post(offer, taken => SelectNewest() is null ? throw new NotPlacedException() : PublishAsync(taken));

    public void Answer(AnswerMessage answer) => _calls.PostBounded(
        () => _calls.RunAsync(() => SelectNewest() is null ? throw new NotPlacedException() : _nodes.OfSubscribeSession(answer.SessionId)!.AnswerAsync(answer, _calls.Closed), answer.SessionId),
        answer.SessionId);

    /// <inheritdoc cref="ClientState.Mute"/>
    public void Mute(MediaType kind, bool muted) => _state.Mute(kind, muted);

    /// <inheritdoc cref="ClientState.View"/>
    public void View(ViewMessage view) => _state.View(view);

    /// <summary>Tells the node which assignment of its slots the client has applied. Of several queued ones, only the last reaches the node.</summary>
    public void ConfirmSlots(SlotsAppliedMessage applied) => _slots.Confirm(applied, () => _nodes.Reachable(_media.IsGone));

    /// <summary>Handles an offer from the event stream of the node.</summary>
    public void HandleOffer(RoomKey source, RoomEvent offer) => PostEvent(source, sessions => sessions.HandleOffer(offer));

    /// <summary>Handles the event that the slots of the client carry other tracks.</summary>
    public void HandleSlots(RoomKey source, RoomEvent slots) => PostEvent(source, sessions => sessions.HandleSlots(slots));

    /// <summary>Handles the event that there are more tracks for this participant than one session can carry.</summary>
    public void HandleFullSession(RoomKey source, string? reason) =>
        _client.Send(new ErrorMessage(ErrorCode.TooManyTracks, reason ?? "There are more tracks than one connection can receive.", SessionId: SubscribeSessionIn(source)));

    /// <summary>
    /// Handles the event that a session of the member has connected or ended. Opens a session again that the node ended (<see cref="MemberSessions.IsEndedByNode"/>), and during
    /// a move also one whose path failed, because the client goes on with the former one. Backs off if sessions end repeatedly. Leaves a former node when the client has.
    /// </summary>
    public void HandleSessionState(RoomKey source, RoomEvent state) => PostEvent(source, async sessions =>
    {
        var isEnd = state.State is "closed" or "failed";
        if (sessions != _nodes.Newest)
        {
            if (isEnd)
            {
                sessions.RecordEnd(state);
                _ = ReleaseIfLeftAsync(sessions);
            }
        }
        else if (!sessions.IsCurrent(state))
        {
            return;
        }
        else if (state is { State: "connected", Kind: "subscribe" })
        {
            _media.MarkConnected(ParticipantId);
        }
        else if (MemberSessions.IsEndedByNode(state) || (isEnd && state.Kind == "subscribe" && _nodes.IsMoving))
        {
            var wait = _backoff.Next(_services.Time.GetUtcNow());
            if (wait == TimeSpan.Zero)
            {
                await RestartSessionAsync(sessions, state).ConfigureAwait(false);
            }
            else
            {
                _ = RestartSessionLaterAsync(source, state, wait);
            }
        }
    });

    /// <summary>Stops all calls. With <paramref name="leave"/>, also removes the participant from all nodes.</summary>
    public async Task CloseAsync(bool leave)
    {
        await _calls.CloseAsync().ConfigureAwait(false);
        if (leave)
        {
            await _media.RemoveEverywhereAsync(ParticipantId).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(leave: false).ConfigureAwait(false);
        await _calls.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Queues an event of a room. Drops it if the member has left the room by then.</summary>
    private void PostEvent(RoomKey source, Func<MemberSessions, Task> handle) => _calls.Post(() =>
        _nodes.Find(source) is { } sessions ? handle(sessions) : Task.CompletedTask);

    private void PostEvent(RoomKey source, Action<MemberSessions> handle) => PostEvent(source, sessions =>
    {
        handle(sessions);
        return Task.CompletedTask;
    });

    /// <summary>Returns the sessions on the member's newest node, or null if the meeting has none. Forgets rooms that the meeting no longer has.</summary>
    private MemberSessions? SelectNewest()
    {
        var served = _media.Served;
        if (served.Rooms.Count == 0)
        {
            return null;
        }

        var nodes = _nodes.Keep(room => served.Find(room) is not null);
        if (nodes.Newest is null)
        {
            if (Find(_nodes.Newest is { } lost ? _media.Choose(this, lost.Room.Key) : _media.ChooseStart(ParticipantId, Region)) is not { } start)
            {
                return null;
            }

            nodes = nodes.With(new MemberSessions(start, _client));
        }

        SetNodes(nodes);
        return nodes.Newest;
    }

    private RoomClient? Find(MediaAssignment? assignment) => _media.Served.Find(assignment?.Key);

    /// <summary>The member's nodes that can be reached; null if the meeting has none.</summary>
    private MemberNodes? SelectReachable() => SelectNewest() is null ? null : _nodes.Reachable(_media.IsGone);

    private void SetNodes(MemberNodes nodes)
    {
        MemberSessions[] ended = nodes == _nodes ? [] : [.. _nodes.Former.Except(nodes.Former)];
        _nodes = nodes;
        foreach (var former in ended)
        {
            _ = former.FormerCalls.CancelAsync();
            if (former == nodes.Newest && !former.IsLeft)
            {
                _calls.Post(() => former == _nodes.Newest ? _state.RepeatAsync(former) : Task.CompletedTask);
            }
        }

        _line.RecordRoom(nodes.Newest!.Room.Key);
    }

    private async Task PublishAsync(OfferMessage offer)
    {
        // Without a session ID, the SDP origin shows whether the offer comes from a new peer connection.
        var restart = offer.Restart || (offer.SessionId is null && _media.IsOtherPublisher(_client.Identity, offer.Sdp));
        var answer = await _nodes.OfOffer(offer, restart)!.PublishAsync(offer, restart, _calls.Closed).ConfigureAwait(false);
        _media.RecordPublisher(ParticipantId, offer.Sdp);
        _client.Send(new ForwardedAnswerMessage(ProtocolLimits.Sfu, answer.Sdp, answer.SessionId, offer.Reference));
    }
}
