using System.Collections.Concurrent;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The media of one meeting on this replica: the room that participants use, and the members who use it. Passes the room's events on to them, and restarts their media
/// when the operator moves the meeting or the node has lost them.
/// </summary>
internal sealed partial class MeetingMedia : IAsyncDisposable
{
    /// <summary>Reasons of <c>media-restart</c>: the operator moved the meeting to another node, or the node lost the participant.</summary>
    internal const string Moved = "moved";
    internal const string Lost = "lost";

    private readonly string _meetingId;
    private readonly MediaServices _services;
    private readonly Action<RoomEvent> _onEvent;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, MediaParticipant> _participants = new(StringComparer.Ordinal);

    /// <summary>SDP origin of the publishing peer connection, by participant. Kept when a socket closes.</summary>
    private readonly ConcurrentDictionary<string, string> _publishers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Guards changes of the assignment.</summary>
    private readonly Lock _gate = new();
    private volatile AssignedRoom? _assigned;

    /// <summary>The room that participants used before, which may still have some of them.</summary>
    private volatile RoomClient? _previous;
    private Task _closingRooms = Task.CompletedTask;

    // onEvent is called for events that this class does not handle: speakers, tracks, and participants that left.
    public MeetingMedia(string meetingId, MediaServices services, Action<RoomEvent> onEvent)
    {
        _meetingId = meetingId;
        _services = services;
        _onEvent = onEvent;
        _logger = services.Loggers.CreateLogger<MeetingMedia>();
    }

    /// <summary>The media node that participants use, or null.</summary>
    public MediaAssignment? Assignment => Room?.Assignment;

    /// <summary>The room that participants use, or null.</summary>
    internal RoomClient? Room => _assigned?.Client;

    /// <summary>
    /// Applies the operator's assignments. If participants then use a new node or generation, restarts the media of all of them. Returns true if it replaces the node or
    /// generation that they used before.
    /// </summary>
    public bool Assign(IReadOnlyList<MediaAssignment> assignments)
    {
        var assignment = MediaAssignment.ForParticipants(assignments);
        bool moved;
        lock (_gate)
        {
            if (assignment == Assignment || _closed.IsCancellationRequested)
            {
                return false;
            }

            if (_assigned is { } former)
            {
                _previous = former.Client;
                _closingRooms = Task.WhenAll(_closingRooms, former.DisposeAsync().AsTask());
            }

            moved = _previous is not null;
            _assigned = assignment is null ? null : new AssignedRoom(_meetingId, new RoomClient(_meetingId, assignment, _services), _services, () => _participants.Keys, HandleAsync);
        }

        if (assignment is null)
        {
            return false;
        }

        LogAssigned(_logger, _meetingId, assignment.Node, assignment.Generation);
        foreach (var participant in _participants.Values)
        {
            participant.Restart(Moved);
        }

        return moved;
    }

    /// <summary>Lists the IDs of the participants on the node. Returns null if the call fails or there is no node.</summary>
    public async Task<IReadOnlySet<string>?> ListParticipantsAsync()
    {
        try
        {
            return Room is { } room ? (await room.ListParticipantsAsync(_closed.Token).ConfigureAwait(false)).Select(p => p.Participant).ToHashSet(StringComparer.Ordinal) : null;
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
        _participants.TryRemove(KeyValuePair.Create(participant.ParticipantId, participant));
        if (leave)
        {
            _publishers.TryRemove(participant.ParticipantId, out _);
        }

        _ = participant.CloseAsync(leave);
    }

    /// <summary>Removes a participant from the node, without waiting.</summary>
    public void RemoveParticipant(string participantId) => _ = Room?.TryRemoveParticipantAsync(participantId);

    /// <summary>Removes a participant from a node, which need not be the one that participants use now.</summary>
    public Task RemoveParticipantAsync(MediaAssignment assignment, string participantId) => new RoomClient(_meetingId, assignment, _services).TryRemoveParticipantAsync(participantId);

    /// <summary>Removes a participant from the node for good. Returns false if the call fails or there is no node.</summary>
    public async Task<bool> ExcludeParticipantAsync(string participantId) => Room is { } room && await room.TryExcludeParticipantAsync(participantId).ConfigureAwait(false);

    /// <summary>Removes a participant from the previous node, without waiting. The cleanup of former rooms repeats a removal that fails.</summary>
    public void RemoveFromPreviousNode(string participantId) => _ = _previous?.TryRemoveParticipantAsync(participantId);

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        Task closing;
        lock (_gate)
        {
            closing = _assigned is { } room ? Task.WhenAll(_closingRooms, room.DisposeAsync().AsTask()) : _closingRooms;
        }

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

    private async Task HandleAsync(RoomClient room, RoomEvent roomEvent, CancellationToken ct)
    {
        if (roomEvent.Type == RoomEventTypes.Ready)
        {
            await RestartLostAsync(room, ct).ConfigureAwait(false);
        }

        Handle(room.Assignment, roomEvent);
    }

    /// <summary>
    /// Restarts participants that have no subscribe session on the node, which lost them while the event stream was interrupted. Checks sessions because the periodic
    /// refresh creates a lost participant again, but without a session. If the node has a different session, another replica has taken over the participant.
    /// </summary>
    private async Task RestartLostAsync(RoomClient room, CancellationToken ct)
    {
        var open = _participants.Values.Select(p => (Participant: p, Session: p.SubscribeSession)).Where(p => p.Session is not null).ToArray();
        if (open.Length == 0)
        {
            return;
        }

        var served = (await room.ListParticipantsAsync(ct).ConfigureAwait(false)).Where(p => p.SubscribeSession != string.Empty).Select(p => p.Participant).ToHashSet(StringComparer.Ordinal);
        foreach (var (participant, session) in open)
        {
            if (!served.Contains(participant.ParticipantId))
            {
                participant.RestartLost(session!);
            }
        }
    }

    private void Handle(MediaAssignment source, RoomEvent roomEvent)
    {
        var participant = roomEvent.ParticipantId is { } id && _participants.TryGetValue(id, out var found) ? found : null;
        switch (roomEvent.Type)
        {
            case RoomEventTypes.Offer:
                participant?.HandleOffer(source, roomEvent);
                break;
            case RoomEventTypes.Slots:
                participant?.HandleSlots(source, roomEvent);
                break;
            case RoomEventTypes.ParticipantLeft when participant is not null && roomEvent.Reason == "removed":
                // A host removed the participant. The announcement follows.
                break;
            case RoomEventTypes.ParticipantLeft when participant is not null:
                // The participant still has a socket here, so the node removed it by itself. Restart its media.
                participant.Restart(Lost);
                break;
            case RoomEventTypes.SessionState when participant is not null && roomEvent.State == "full":
                participant.HandleFullSession(roomEvent.Reason);
                break;
            case RoomEventTypes.SessionState when MemberSessions.IsEndedByNode(roomEvent):
                participant?.HandleEndedSession(source, roomEvent);
                _onEvent(roomEvent);
                break;
            default:
                _onEvent(roomEvent);
                break;
        }
    }

    [LoggerMessage(3030, LogLevel.Information, "Meeting {Meeting} is assigned to {Node}, generation {Generation}.")]
    private static partial void LogAssigned(ILogger logger, string meeting, string node, long generation);
}
