using System.Collections.Concurrent;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// Connects one session to the meeting's media node: reads the event stream of the room, refreshes the participants on the node, and restarts media when the
/// operator moves the meeting.
/// </summary>
internal sealed partial class RoomLink : IAsyncDisposable
{
    /// <summary>Reasons of <c>media-restart</c>: the operator moved the meeting to another node, or the node lost the participant.</summary>
    internal const string Moved = "moved";
    internal const string Lost = "lost";

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    private readonly MediaServices _services;
    private readonly Action<RoomEvent> _onEvent;
    private readonly ConcurrentDictionary<string, MediaParticipant> _participants = new(StringComparer.Ordinal);

    /// <summary>SDP origin of the publishing peer connection, by participant. Kept when a socket closes.</summary>
    private readonly ConcurrentDictionary<string, string> _publishers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private readonly Task _refreshing;
    private CancellationTokenSource? _watchCancellation;
    private Task _watching = Task.CompletedTask;

    // onEvent is called for events that this class does not handle: speakers, tracks, and participants that left.
    public RoomLink(string meetingId, MediaServices services, Action<RoomEvent> onEvent)
    {
        MeetingId = meetingId;
        _services = services;
        _onEvent = onEvent;
        Logger = services.Loggers.CreateLogger<RoomLink>();
        _refreshing = RefreshAsync();
    }

    public string MeetingId { get; }

    /// <summary>The media node that participants use, or null.</summary>
    public MediaAssignment? Assignment { get; private set; }

    /// <summary>The media node that participants used before, which may still have some of them.</summary>
    private MediaAssignment? PreviousAssignment { get; set; }

    internal ILogger Logger { get; }

    internal SignalingMetrics Metrics => _services.Metrics;

    internal TimeProvider Time => _services.Time;

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

            moved = _watchCancellation is not null;
            PreviousAssignment = Assignment ?? PreviousAssignment;
            Assignment = assignment;
            _watchCancellation?.Cancel();
            if (assignment is null)
            {
                return false;
            }

            _watchCancellation = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token);
            _watching = Task.WhenAll(_watching, WatchAsync(assignment, _watchCancellation.Token));
        }

        LogAssigned(Logger, MeetingId, assignment.Node, assignment.Generation);
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
            return Assignment is { } assignment ? await ListParticipantsAsync(assignment, _closed.Token).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (NodeCallFailure.Is(e))
        {
            return null;
        }
    }

    public MediaParticipant Attach(IMediaClient client)
    {
        var participant = new MediaParticipant(this, client);
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
    public void RemoveParticipant(string participantId)
    {
        if (Assignment is { } assignment)
        {
            _ = RemoveParticipantAsync(assignment, participantId);
        }
    }

    /// <summary>Removes a participant from the node for good. Returns false if the call fails or there is no node.</summary>
    public async Task<bool> ExcludeParticipantAsync(string participantId) =>
        Assignment is { } assignment && await RemoveAsync(assignment, (node, ct) => node.ExcludeParticipantAsync(MeetingId, participantId, ct)).ConfigureAwait(false);

    /// <summary>Removes a participant from the previous node, without waiting. The cleanup of former rooms repeats a removal that fails.</summary>
    public void RemoveFromPreviousNode(string participantId)
    {
        if (PreviousAssignment is { } previous)
        {
            _ = RemoveParticipantAsync(previous, participantId);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_participants.Values.Select(p => p.CloseAsync(leave: false))).ConfigureAwait(false);
        await Task.WhenAll(_watching, _refreshing).ConfigureAwait(false);
        _watchCancellation?.Dispose();
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

    internal Task PutAsync(MediaAssignment assignment, string participantId, CancellationToken ct) => CallAsync(
        assignment, (node, limit) => node.PutParticipantAsync(MeetingId, participantId, new ParticipantSpec { Generation = assignment.Generation }, limit), ct);

    internal Task CallAsync(MediaAssignment assignment, Func<NodeControlClient, CancellationToken, Task> call, CancellationToken ct) =>
        CallAsync(assignment, async (node, limit) =>
        {
            await call(node, limit).ConfigureAwait(false);
            return true;
        }, ct);

    internal async Task<T> CallAsync<T>(MediaAssignment assignment, Func<NodeControlClient, CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_services.Options.Timings.NodeCallTimeout, _services.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        return await call(_services.Nodes.Client(assignment), linked.Token).ConfigureAwait(false);
    }

    internal Task RemoveParticipantAsync(MediaAssignment assignment, string participantId) =>
        RemoveAsync(assignment, (node, ct) => node.DeleteParticipantAsync(MeetingId, participantId, ct));

    private async Task<bool> RemoveAsync(MediaAssignment assignment, Func<NodeControlClient, CancellationToken, Task> call)
    {
        try
        {
            await CallAsync(assignment, call, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            // The node itself removes participants without a connection when they are no longer refreshed, and removals are repeated on each tick.
            Metrics.NodeFailed(failure.Reason);
            return false;
        }
    }

    /// <summary>
    /// Reads the room's events until the assignment changes. Restarts the media of participants that the node lost while the stream was interrupted.
    /// </summary>
    private async Task WatchAsync(MediaAssignment assignment, CancellationToken ct)
    {
        await Task.Yield();
        SignalingTracing.LeaveCurrent();
        var wait = FirstRetry;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await foreach (var roomEvent in _services.Nodes.Client(assignment).WatchRoomAsync(MeetingId, ct).ConfigureAwait(false))
                {
                    if (roomEvent.Type == RoomEventTypes.Ready)
                    {
                        await RestartLostAsync(assignment, ct).ConfigureAwait(false);
                        wait = FirstRetry;
                    }

                    Handle(roomEvent);
                }
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
            {
                LogStreamInterrupted(Logger, MeetingId, assignment.Node, failure.Reason, e.Message);
            }

            await Task.Delay(wait, _services.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < LastRetry ? wait * 2 : LastRetry;
        }
    }

    private async Task<IReadOnlySet<string>> ListParticipantsAsync(MediaAssignment assignment, CancellationToken ct)
    {
        var report = await ReportAsync(assignment, ct).ConfigureAwait(false);
        return report.Select(p => p.Participant).ToHashSet(StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<ParticipantReport>> ReportAsync(MediaAssignment assignment, CancellationToken ct)
    {
        var room = await CallAsync(assignment, (node, limit) => node.GetRoomAsync(MeetingId, limit), ct).ConfigureAwait(false);
        return [.. (room.ParticipantList ?? []).OfType<ParticipantReport>()]; // A list from the network may contain nulls.
    }

    /// <summary>
    /// Restarts participants that have no subscribe session on the node. Checks sessions because the periodic refresh creates a lost participant again, but without a
    /// session. If the node has a different session, another replica has taken over the participant.
    /// </summary>
    private async Task RestartLostAsync(MediaAssignment assignment, CancellationToken ct)
    {
        var open = _participants.Values.Select(p => (Participant: p, Session: p.SubscribeSession)).Where(p => p.Session is not null).ToArray();
        if (open.Length == 0)
        {
            return;
        }

        var served = (await ReportAsync(assignment, ct).ConfigureAwait(false)).Where(p => p.SubscribeSession != string.Empty).Select(p => p.Participant).ToHashSet(StringComparer.Ordinal);
        foreach (var (participant, session) in open)
        {
            if (!served.Contains(participant.ParticipantId))
            {
                participant.RestartLost(session!);
            }
        }
    }

    private void Handle(RoomEvent roomEvent)
    {
        var participant = roomEvent.ParticipantId is { } id && _participants.TryGetValue(id, out var found) ? found : null;
        switch (roomEvent.Type)
        {
            case RoomEventTypes.Offer:
                participant?.HandleOffer(roomEvent);
                break;
            case RoomEventTypes.Slots:
                participant?.HandleSlots(roomEvent);
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
            case RoomEventTypes.SessionState when MediaParticipant.IsEndedByNode(roomEvent):
                participant?.HandleEndedSession(roomEvent);
                _onEvent(roomEvent);
                break;
            default:
                _onEvent(roomEvent);
                break;
        }
    }

    private async Task RefreshAsync()
    {
        SignalingTracing.LeaveCurrent();
        using var timer = new PeriodicTimer(_services.Options.Timings.RefreshInterval, _services.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closed.Token).ConfigureAwait(false))
            {
                if (Assignment is { } assignment)
                {
                    await Task.WhenAll(_participants.Keys.Select(p => RefreshAsync(assignment, p))).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
    }

    private async Task RefreshAsync(MediaAssignment assignment, string participantId)
    {
        try
        {
            await PutAsync(assignment, participantId, _closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
        {
            // A host removed the participant, which also stops its refreshes.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            Metrics.NodeFailed(failure.Reason);
        }
    }

    [LoggerMessage(3030, LogLevel.Information, "Meeting {Meeting} is assigned to {Node}, generation {Generation}.")]
    private static partial void LogAssigned(ILogger logger, string meeting, string node, long generation);

    [LoggerMessage(3031, LogLevel.Information, "Meeting {Meeting}: the event stream of {Node} was interrupted ({Reason}): {Message}")]
    private static partial void LogStreamInterrupted(ILogger logger, string meeting, string node, string reason, string message);
}
