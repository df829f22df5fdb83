using System.Collections.Concurrent;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The media of one meeting on this replica: its rooms on media nodes, and the members who use them. Passes the events of the rooms on to the members. When the operator
/// takes a node away, its members move to another one (<see cref="ParticipantNodes"/>): in batches while the node still has the room, otherwise by a restart of their media.
/// When it adds one in the region of members, they move there, also in batches.
/// </summary>
internal sealed partial class MeetingMedia : IAsyncDisposable
{
    /// <summary>Reasons of <c>media-restart</c>: the operator moved the meeting to another node, or the node lost the participant.</summary>
    internal const string Moved = "moved";
    internal const string Lost = "lost";

    /// <summary>How long a former connection is kept if the operator has set no deadline.</summary>
    internal static readonly TimeSpan DefaultTimeLeft = TimeSpan.FromSeconds(60);

    /// <summary>How long a participant stays on a node at least before it leaves it only for one in its region, so that nobody moves back and forth.</summary>
    internal static readonly TimeSpan MinStay = TimeSpan.FromSeconds(60);

    private readonly string _meetingId;
    private readonly MediaServices _services;
    private readonly IMediaEvents _events;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, MediaParticipant> _participants = new(StringComparer.Ordinal);

    /// <summary>SDP origin of the publishing peer connection, by participant. Kept when a socket closes.</summary>
    private readonly ConcurrentDictionary<string, string> _publishers = new(StringComparer.Ordinal);

    /// <summary>The room that each participant used last. Kept when a socket closes, because the participant returns to it.</summary>
    private readonly ConcurrentDictionary<string, RoomKey> _lastRooms = new(StringComparer.Ordinal);

    /// <summary>When each participant may try again to move, after a move has failed.</summary>
    private readonly ConcurrentDictionary<string, TimeSpan> _nextMoves = new(StringComparer.Ordinal);

    /// <summary>When each participant moved to another node last. Kept when a socket closes.</summary>
    private readonly ConcurrentDictionary<string, TimeSpan> _lastMoves = new(StringComparer.Ordinal);

    private readonly KnownLines _knownLines;

    /// <summary>Guarded by itself.</summary>
    private readonly NodePlaces _places = new();
    private readonly LeaveDeadlines _deadlines;
    private readonly MemberMoves _moves;
    private readonly DirectPlaces _directPlaces;
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Guards changes of the rooms.</summary>
    private readonly Lock _gate = new();
    private volatile ServedRooms _served = ServedRooms.None;

    /// <summary>The clients of all rooms so far. A room that the meeting gets back has the same one, which members may still use. Guarded by the gate.</summary>
    private readonly Dictionary<RoomKey, RoomClient> _clients = [];

    /// <summary>Rooms that were left while no other was available.</summary>
    private List<RoomClient> _leftForNone = [];

    /// <summary>The rooms that were left last, which may still have some of the participants.</summary>
    private volatile IReadOnlyList<RoomClient> _previous = [];
    private int _version;
    private Task _closingRooms = Task.CompletedTask;

    public MeetingMedia(string meetingId, MediaServices services, IMediaEvents events)
    {
        _meetingId = meetingId;
        _services = services;
        _events = events;
        _logger = services.Loggers.CreateLogger<MeetingMedia>();
        _knownLines = new KnownLines(services.Time);
        _deadlines = new LeaveDeadlines(services.Time);
        Line = new PlaceLine(services.Time);
        _directPlaces = new DirectPlaces(meetingId, services, _closed.Token);
        _moves = new MemberMoves(services.Time, services.Turns, () => _deadlines.Least() ?? DefaultTimeLeft, participantId => FindParticipant(participantId)?.Move());
    }

    /// <summary>Grows with each change of the rooms.</summary>
    public int RoomsVersion => Volatile.Read(ref _version);

    /// <summary>The members that wait for a place because all media nodes are full.</summary>
    internal PlaceLine Line { get; }

    /// <summary>The rooms that the meeting uses.</summary>
    internal ServedRooms Served => _served;

    /// <summary>
    /// Applies the operator's assignments: watches the rooms of nodes that are Ready or Leaving, and moves participants whose node is neither, or is Leaving. Returns what
    /// has changed if the meeting had a room before and has one now.
    /// </summary>
    public RoomsChange? Assign(IReadOnlyList<MediaAssignment> assignments)
    {
        MediaAssignment[] serving = [.. assignments.Where(assignment => assignment.IsServing)];
        bool isChanged;
        RoomsChange? change = null;
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
            {
                return null;
            }

            var former = _served.Rooms;
            AssignedRoom[] rooms = [.. serving.Select(assignment => former.FirstOrDefault(room => room.Client.Key == assignment.Key) ?? Open(assignment))];
            AssignedRoom[] closing = [.. former.Except(rooms)];
            isChanged = closing.Length > 0 || rooms.Length > former.Count;
            _served = new ServedRooms(serving, rooms);
            _deadlines.Update(serving);
            if (isChanged)
            {
                _version++;
                _closingRooms = Task.WhenAll([_closingRooms, .. closing.Select(room => room.DisposeAsync().AsTask())]);
                _leftForNone.AddRange(closing.Select(room => room.Client));
                if (rooms.Length > 0 && (former.Count > 0 || _leftForNone.Count > 0))
                {
                    change = Change(former);
                }
            }
        }

        FollowAll(isChanged);
        Line.Wake();
        return change;
    }

    /// <summary>Lists the IDs of the participants on all nodes. Returns null if a call fails or there is no node.</summary>
    public async Task<IReadOnlySet<string>?> ListParticipantsAsync()
    {
        var rooms = _served.Rooms;
        try
        {
            var listed = await Task.WhenAll(rooms.Select(room => room.Client.ListParticipantsAsync(_closed.Token))).ConfigureAwait(false);
            return rooms.Count == 0 ? null : listed.SelectMany(participants => participants).Select(p => p.Participant).ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (NodeCallFailure.Is(e))
        {
            return null;
        }
    }

    public MediaParticipant Attach(IMediaClient client)
    {
        var participant = new MediaParticipant(this, client, _services);
        _participants[client.Identity.ParticipantId] = participant;
        participant.Start(fresh: !client.Resume);
        return participant;
    }

    /// <summary>
    /// Ends the media connection of one socket without waiting for the node. The participant stays on the node unless <paramref name="leave"/> is true.
    /// </summary>
    public void Detach(MediaParticipant participant, bool leave)
    {
        if (_participants.TryRemove(KeyValuePair.Create(participant.ParticipantId, participant)))
        {
            _moves.Remove(participant.ParticipantId);
            _nextMoves.TryRemove(participant.ParticipantId, out _);
            if (participant.FormerRoom is { } former)
            {
                _lastRooms[participant.ParticipantId] = former; // the client may not know of the move
            }
        }

        if (leave)
        {
            _publishers.TryRemove(participant.ParticipantId, out _);
            _lastRooms.TryRemove(participant.ParticipantId, out _);
            _lastMoves.TryRemove(participant.ParticipantId, out _);
        }

        _ = participant.CloseAsync(leave);
    }

    /// <summary>Keeps places for members whose media flows only directly (<see cref="DirectPlaces.Keep"/>).</summary>
    public void KeepDirectPlaces(IReadOnlyList<MediaAssignment> assignments, IEnumerable<string> participants) =>
        _directPlaces.Keep(assignments, participants.Select(participantId => (participantId, FindLastRoom(participantId))));

    /// <inheritdoc cref="DirectPlaces.Release"/>
    public void ReleaseDirectPlace(string participantId) => _directPlaces.Release(participantId);

    /// <summary>Removes a participant from all nodes, without waiting.</summary>
    public void RemoveParticipant(string participantId)
    {
        ReleaseDirectPlace(participantId);
        _lastRooms.TryRemove(participantId, out _);
        _lastMoves.TryRemove(participantId, out _);
        _ = RemoveEverywhereAsync(participantId);
    }

    /// <summary>Removes a participant from a node, which need not be one that participants use now.</summary>
    public Task RemoveParticipantAsync(MediaAssignment assignment, string participantId) => new RoomClient(_meetingId, assignment, _services).TryRemoveParticipantAsync(participantId);

    /// <summary>Removes a participant from all nodes for good. Returns false if a call fails or there is no node.</summary>
    public async Task<bool> ExcludeParticipantAsync(string participantId)
    {
        var excluded = await Task.WhenAll(_served.Rooms.Select(room => room.Client.TryExcludeParticipantAsync(participantId))).ConfigureAwait(false);
        return excluded.Length > 0 && excluded.All(done => done);
    }

    /// <summary>Removes a participant from the nodes that were left last, without waiting. The cleanup of former rooms repeats a removal that fails.</summary>
    public void RemoveFromPreviousNodes(string participantId)
    {
        foreach (var room in _previous)
        {
            _ = room.TryRemoveParticipantAsync(participantId);
        }
    }

    /// <summary>The same for a participant who may have returned meanwhile: a node with a later room of the meeting keeps it.</summary>
    public void ReleaseFromPreviousNodes(string participantId)
    {
        foreach (var room in _previous)
        {
            _ = room.TryReleaseParticipantAsync(participantId);
        }
    }

    /// <summary>Returns true if the member uses the room.</summary>
    public bool Uses(string participantId, RoomKey room) => FindParticipant(participantId)?.Room == room;

    /// <summary>Returns true if events of the room concern the member. Those of other nodes say the same as those of its own.</summary>
    public bool IsServedBy(string participantId, RoomKey room) => (FindParticipant(participantId)?.Room ?? _lastRooms.GetValueOrDefault(participantId)) is not { } own || own == room;

    /// <summary>The rooms on nodes that are Leaving and whose deadline has passed, or will have after this time.</summary>
    public IReadOnlyList<RoomClient> ListOverdueRooms(TimeSpan ahead = default)
    {
        var served = _served;
        return [.. served.Assignments.Where(assignment => _deadlines.LeftOn(assignment.Key) <= ahead).Select(assignment => served.Find(assignment.Key)).OfType<RoomClient>()];
    }

    /// <summary>
    /// Moves members away that are still on a node whose deadline has passed, and lets those move that have stayed long enough (<see cref="MinStay"/>), or whose former node is steady again.
    /// </summary>
    public void Tick()
    {
        _knownLines.Trim();
        FollowAll(areRoomsChanged: false);
        foreach (var room in ListOverdueRooms())
        {
            foreach (var participant in _participants.Values)
            {
                participant.EndOverdue(room.Key);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        Task closing;
        lock (_gate)
        {
            closing = Task.WhenAll([_closingRooms, .. _served.Rooms.Select(room => room.DisposeAsync().AsTask())]);
        }

        Line.Close();
        await _moves.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_participants.Values.Select(p => p.CloseAsync(leave: false))).ConfigureAwait(false);
        await closing.ConfigureAwait(false);
        _closed.Dispose();
    }

    /// <summary>Returns true if the offer comes from a different peer connection than the previous one.</summary>
    internal bool IsOtherPublisher(SocketIdentity identity, string sdp) =>
        _publishers.TryGetValue(identity.ParticipantId, out var known) ? known != SdpOrigin.Of(sdp) : identity is { IsReturning: true, HasTicket: false };

    internal void RecordPublisher(string participantId, string sdp)
    {
        if (SdpOrigin.Of(sdp) is { } origin)
        {
            _publishers[participantId] = origin;
        }
    }

    /// <summary>Removes a participant from all nodes. A call that fails is not repeated.</summary>
    internal Task RemoveEverywhereAsync(string participantId) => Task.WhenAll(_served.Rooms.Select(room => room.Client.TryRemoveParticipantAsync(participantId)));

    /// <summary>Finds the room that a participant used last while another replica had its socket: of several, the oldest. Asks the nodes only if there are several rooms.</summary>
    internal async Task FindLastRoomAsync(string participantId, CancellationToken ct)
    {
        var rooms = _served.Rooms;
        if (rooms.Count < 2 || _lastRooms.ContainsKey(participantId))
        {
            return;
        }

        if (await LastRoomSearch.FindAsync(rooms, participantId, _services, ct).ConfigureAwait(false) is { } last)
        {
            _lastRooms[participantId] = last;
        }
    }

    /// <summary>
    /// The assignment in which a participant starts: that of the room that it used last if the meeting still has it and does not leave it soon, otherwise the one that
    /// <see cref="ParticipantNodes"/> chooses.
    /// </summary>
    internal MediaAssignment? ChooseStart(string participantId, string? region)
    {
        var last = _lastRooms.GetValueOrDefault(participantId);
        return _served.Assignments.FirstOrDefault(assignment => assignment.Key == last && !IsGone(assignment.Key) && !_deadlines.IsNear(assignment.Key)) ?? ParticipantNodes.Choose(AssignmentsWithPlaces(), last, region, mayFollowRegion: false);
    }

    /// <summary>The assignment that a participant without a socket is to use: that of the room that it used last if that is Ready. Null if there is none.</summary>
    internal MediaAssignment? ChooseHeadless(string participantId, string? region) =>
        ParticipantNodes.Choose(AssignmentsWithPlaces(), _lastRooms.GetValueOrDefault(participantId), region, mayFollowRegion: false);

    /// <summary>The assignment that a participant without a socket is to use, who has found a node full; null if there is none.</summary>
    internal MediaAssignment? ChooseNew(string? region) => ParticipantNodes.Choose(AssignmentsWithPlaces(), current: null, region);

    /// <summary>The assignment that a member of the room is to use, or without a room a member that found a node full; null if there is none.</summary>
    internal MediaAssignment? Choose(MediaParticipant participant, RoomKey? current) => Choose(participant, current, AssignmentsWithPlaces());

    /// <summary>Why a member of a room is to use another one; null if that is not known.</summary>
    internal MediaMoveReason? FindMoveReason(RoomKey current, RoomKey target) => MoveReasons.Find(AssignmentsWithPlaces(), current, target);

    /// <summary>Records that a node has answered that it is full.</summary>
    internal void MarkFull(RoomKey room)
    {
        lock (_places)
        {
            _places.MarkFull(room, Now);
        }
    }

    /// <summary>Records that a member has moved to another node without a restart of its media.</summary>
    internal void RecordMove(string participantId)
    {
        _lastMoves[participantId] = Now;
        _nextMoves.TryRemove(participantId, out _);
    }

    /// <summary>A move of the member has failed. It does not try again before the time has passed.</summary>
    internal void DelayMove(string participantId, TimeSpan wait) => _nextMoves[participantId] = Now + wait;

    /// <summary>Whether the operator takes the node away, so that its members must leave it.</summary>
    internal bool IsLeaving(RoomKey room) => _served.Assignments.Any(assignment => assignment.Key == room && assignment.State == AssignmentState.Leaving);

    /// <summary>Records the room that a member uses from now on.</summary>
    internal void RecordRoom(string participantId, RoomKey room)
    {
        var last = _lastRooms.GetValueOrDefault(participantId);
        if (last != room)
        {
            _events.OnMemberMoved(participantId);
            if (last is not null)
            {
                _knownLines.Move(participantId, last, room);
            }
        }

        _lastRooms[participantId] = room;
    }

    /// <summary>Lets the member move if its node is Leaving and another one is Ready, or if one is Ready in its region.</summary>
    internal void Follow(MediaParticipant participant)
    {
        if (FindParticipant(participant.ParticipantId) == participant)
        {
            Follow(participant, areRoomsChanged: false, AssignmentsWithPlaces());
        }
    }

    /// <summary>What the line of a participant takes, in kbit/s; null if it is not known.</summary>
    internal int? FindLine(string participantId) => _lastRooms.TryGetValue(participantId, out var room) ? _knownLines.Find(participantId, room) : null;

    /// <inheritdoc cref="KnownLines.Forget(string)"/>
    internal void ForgetLine(string participantId) => _knownLines.Forget(participantId);

    /// <summary>The room that a participant used last; null if it is not known.</summary>
    internal RoomKey? FindLastRoom(string participantId) => _lastRooms.GetValueOrDefault(participantId);

    /// <summary>
    /// Whether a participant has lost its room: the node seems to have failed, or no longer has the meeting. While another node that works knows the participant's line, the
    /// participant has moved there, through another replica.
    /// </summary>
    internal bool HasLost(string participantId, RoomKey room) =>
        (_served.Find(room) is null || IsGone(room)) && !_served.Rooms.Any(known => !known.IsGone && _knownLines.IsCurrent(participantId, known.Client.Key));

    internal void MarkConnected(string participantId) => _moves.MarkConnected(participantId);

    /// <summary>Tells a client to open both connections on another node.</summary>
    internal ServerMessage MoveMessage(IMediaClient client, RoomKey target, RoomKey current, MediaMoveReason? reason) => client.Moves
        ? new MediaMoveMessage(target.Generation, (long)TimeLeftOn(current).TotalMilliseconds, reason)
        : new MediaRestartMessage(Moved, target.Generation);

    /// <summary>The time until the node disconnects its participants; 0 if that has passed, if the meeting no longer has the node, or if the node is gone.</summary>
    internal TimeSpan TimeLeftOn(RoomKey room) => _served.Find(room) is null || IsGone(room) ? TimeSpan.Zero : _deadlines.LeftOn(room) ?? DefaultTimeLeft;

    private AssignedRoom Open(MediaAssignment assignment)
    {
        LogAssigned(_logger, _meetingId, assignment.Node, assignment.Generation);
        var client = _clients.GetValueOrDefault(assignment.Key) ?? (_clients[assignment.Key] = new RoomClient(_meetingId, assignment, _services));
        return new AssignedRoom(_meetingId, client, _services, () => UsersOf(assignment.Key), HandleAsync, _knownLines.RecordBreak, HandleReach);
    }

    /// <summary>Completes a change to rooms of which at least one can be used. Requires the gate.</summary>
    private RoomsChange Change(IReadOnlyList<AssignedRoom> former)
    {
        var isKept = _served.Rooms.Any(former.Contains) || _leftForNone.Any(room => _served.Find(room.Key) is not null);
        RoomClient[] left = [.. _leftForNone.Where(room => _served.Find(room.Key) is null)];
        _leftForNone = [];
        _previous = left.Length > 0 ? left : _previous;
        return new RoomsChange([.. left.Select(room => room.Key)], isKept);
    }

    /// <summary>The time since a fixed moment.</summary>
    private TimeSpan Now => _services.Time.GetElapsedTime(0);

    private MediaParticipant? FindParticipant(string participantId) => _participants.GetValueOrDefault(participantId);

    /// <summary>The members who have a place in the room. Those that move are refreshed on their new node only. A refresh of one that waits would take a place out of order.</summary>
    private IEnumerable<MediaParticipant> UsersOf(RoomKey room) => _participants.Values.Where(participant => participant.OccupiedRoom == room);

    /// <summary>The operator's assignments, with what this replica knows of their places.</summary>
    private IReadOnlyList<MediaAssignment> AssignmentsWithPlaces()
    {
        var members = _participants.Values.Select(participant => participant.OccupiedRoom).OfType<RoomKey>().CountBy(room => room).ToDictionary();
        lock (_places)
        {
            return [.. _places.Adjust(_served.Assignments, members, Now).Select(WithReach)];
        }
    }

    /// <summary>Adds what this replica knows of the node beyond its places.</summary>
    private MediaAssignment WithReach(MediaAssignment assignment)
    {
        var room = _served.Rooms.FirstOrDefault(known => known.Client.Key == assignment.Key);
        var (isGone, isUnsteady, isEnding) = (room is { IsGone: true }, room is { IsUnsteady: true }, _deadlines.IsNear(assignment.Key));
        return isGone || isUnsteady || isEnding ? assignment with { IsGone = isGone, IsUnsteady = isUnsteady, IsEnding = isEnding } : assignment;
    }

    /// <summary>Whether the node of a room seems to have failed.</summary>
    internal bool IsGone(RoomKey room) => _served.Rooms.Any(known => known.IsGone && known.Client.Key == room);

    /// <summary>The members of a node that is gone move at once, if the meeting has another one: their media is interrupted. When it is back, those whose start has ended meanwhile start there.</summary>
    private void HandleReach(AssignedRoom room)
    {
        var assignments = AssignmentsWithPlaces();
        foreach (var participant in _participants.Values)
        {
            if (room.IsGone && participant.OccupiedRoom == room.Client.Key)
            {
                _nextMoves.TryRemove(participant.ParticipantId, out _); // what has failed before was another move
            }

            Follow(participant, areRoomsChanged: false, assignments);
        }

        Line.Wake();
    }

    private MediaAssignment? Choose(MediaParticipant participant, RoomKey? current, IReadOnlyList<MediaAssignment> assignments)
    {
        // A client that must restart its media to move stays where it is, rather than be interrupted for a shorter path.
        var mayFollowRegion = participant.CanMove && !(Now - _lastMoves.GetValueOrDefault(participant.ParticipantId, TimeSpan.MinValue / 2) < MinStay);
        return ParticipantNodes.Choose(assignments, current, participant.Region, mayFollowRegion);
    }

    private void FollowAll(bool areRoomsChanged)
    {
        var assignments = AssignmentsWithPlaces();
        foreach (var participant in _participants.Values)
        {
            Follow(participant, areRoomsChanged, assignments);
        }
    }

    private void Follow(MediaParticipant participant, bool areRoomsChanged, IReadOnlyList<MediaAssignment> assignments)
    {
        var served = _served;
        if (areRoomsChanged && participant.IsAffectedBy(served))
        {
            participant.LeaveLostRooms();
            return; // It follows again when it has.
        }

        if (participant.OccupiedRoom is not { } room || Choose(participant, room, assignments) is not { } target)
        {
            return; // It waits for a place, or has no node.
        }

        var mayMove = !(Now < _nextMoves.GetValueOrDefault(participant.ParticipantId));
        switch (target.Key == room, IsGone(room))
        {
            case (true, var isGone):
                _moves.Cancel(participant.ParticipantId);
                if (participant.NeedsStart && !isGone)
                {
                    participant.LeaveLostRooms(); // it needs new sessions there
                }

                break;
            case (false, true) when mayMove || areRoomsChanged:
                _moves.Cancel(participant.ParticipantId);
                participant.Move(); // at once: its media is interrupted
                break;
            case (false, false) when mayMove:
                _moves.Add(participant.ParticipantId);
                break;
        }
    }

    private async Task HandleAsync(RoomClient room, RoomEvent roomEvent, CancellationToken ct)
    {
        if (roomEvent.Type == RoomEventTypes.Ready)
        {
            await RestartLostAsync(room, ct).ConfigureAwait(false);
        }

        Handle(room.Key, roomEvent);
    }

    /// <summary>
    /// Restarts participants that have no subscribe session on the node, which lost them while the event stream was interrupted. Checks sessions because the periodic
    /// refresh creates a lost participant again, but without a session. If the node has a different session, another replica has taken over the participant.
    /// </summary>
    private async Task RestartLostAsync(RoomClient room, CancellationToken ct)
    {
        var open = _participants.Values.Select(p => (Participant: p, Session: p.SubscribeSessionIn(room.Key))).Where(p => p.Session is not null).ToArray();
        if (open.Length == 0)
        {
            return;
        }

        var served = (await room.ListParticipantsAsync(ct).ConfigureAwait(false)).Where(p => p.SubscribeSession != string.Empty).Select(p => p.Participant).ToHashSet(StringComparer.Ordinal);
        foreach (var (participant, session) in open)
        {
            if (!served.Contains(participant.ParticipantId))
            {
                participant.RestartLost(room.Key, session!);
            }
        }
    }

    private void Handle(RoomKey source, RoomEvent roomEvent)
    {
        if (roomEvent.Type == RoomEventTypes.ParticipantLeft)
        {
            Line.WakeFirst();
        }

        var participant = roomEvent.ParticipantId is { } id ? FindParticipant(id) : null;
        switch (roomEvent.Type)
        {
            case RoomEventTypes.Offer:
                participant?.HandleOffer(source, roomEvent);
                break;
            case RoomEventTypes.Slots:
                participant?.HandleSlots(source, roomEvent);
                break;
            case RoomEventTypes.Lines:
                _knownLines.Record(source, roomEvent.Lines ?? []);
                break;
            case RoomEventTypes.ParticipantLeft when participant is not null && roomEvent.Reason == "removed":
                // A host removed the participant. The announcement follows.
                break;
            case RoomEventTypes.ParticipantLeft when participant is not null:
                // The participant still has a socket here, so the node removed it by itself, or it has moved.
                participant.HandleLeft(source);
                break;
            case RoomEventTypes.SessionState when participant is not null && roomEvent.State == "full":
                participant.HandleFullSession(source, roomEvent.Reason);
                break;
            case RoomEventTypes.SessionState:
                if (roomEvent.ParticipantId is { } failed && MemberSessions.HasPathFailed(roomEvent) && (participant?.SubscribeSessionIn(source) is not { } session || session == roomEvent.SessionId))
                {
                    _knownLines.Forget(failed, source);
                }

                participant?.HandleSessionState(source, roomEvent);
                _events.OnRoomEvent(source, roomEvent);
                break;
            default:
                _events.OnRoomEvent(source, roomEvent);
                break;
        }
    }

    [LoggerMessage(3030, LogLevel.Information, "Meeting {Meeting} is assigned to {Node}, generation {Generation}.")]
    private static partial void LogAssigned(ILogger logger, string meeting, string node, long generation);
}
