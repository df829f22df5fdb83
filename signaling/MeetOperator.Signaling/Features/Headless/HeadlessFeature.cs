using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Metrics;

namespace MeetOperator.Signaling.Features.Headless;

/// <summary>Shows participants without a socket (WHIP, WHEP) to the members, for as long as they have a media session.</summary>
internal sealed partial class HeadlessFeature : IMeetingFeature
{
    /// <summary>How long before the deadline of a node its sessions are ended. At the deadline the operator takes the room away, and nobody would know why they have ended.</summary>
    private static readonly TimeSpan EndAhead = TimeSpan.FromSeconds(4);

    private readonly IMeeting _meeting;
    private readonly Membership _membership;
    private readonly SessionPresence _presence;
    private readonly HeadlessParticipants _headless;
    private readonly SignalingMetrics _metrics;
    private readonly ILogger _logger;

    /// <summary>Rooms near their deadline whose participants are being read.</summary>
    private readonly HashSet<RoomKey> _ending = [];

    public HeadlessFeature(IMeeting meeting, Membership membership, SessionPresence presence, IParticipantRepository rows, SignalingMetrics metrics, ILoggerFactory loggers)
    {
        _metrics = metrics;
        _logger = loggers.CreateLogger<HeadlessFeature>();
        _meeting = meeting;
        _membership = membership;
        _presence = presence;
        _headless = new HeadlessParticipants(presence, meeting.Roster, rows, meeting.Key);
        membership.Departed += _headless.Release;
    }

    private int Capacity => _meeting.View()?.Capacity ?? 0;

    /// <summary>
    /// Records a session that is being opened. It may replace the participant's only session, and other participants must not see the participant leave in
    /// between. Thread-safe.
    /// </summary>
    public Task AddOpeningSessionAsync(string participantId, string opening) => _meeting.InvokeAsync(async () =>
    {
        await _headless.AddSessionAsync(participantId, opening).ConfigureAwait(false);
        return true;
    });

    /// <summary>
    /// Shows the participant to the other participants until its last session ends, unless the meeting is full or a host removed the participant. Takes ownership of
    /// <paramref name="hold"/>, which keeps the meeting's session on this replica open meanwhile. Thread-safe.
    /// </summary>
    public Task<EnterOutcome> AddAsync(ParticipantRow row, string sessionId, IAsyncDisposable hold) => _meeting.InvokeAsync(async () =>
    {
        await _headless.AddSessionAsync(row.ParticipantId, sessionId).ConfigureAwait(false);
        var kept = false;
        try
        {
            if (_meeting.Roster.Find(row.ParticipantId) is { IsShared: false })
            {
                // The participant is already shown because it has a socket.
                return EnterOutcome.Entered;
            }

            var result = await _presence.EnterAsync(_headless.EntryOf(row), Capacity).ConfigureAwait(false);
            var outcome = _membership.Decide(row.ParticipantId, result.Outcome);
            if (outcome is EnterOutcome.Full or EnterOutcome.Removed)
            {
                await _headless.EndSessionAsync(row.ParticipantId, sessionId).ConfigureAwait(false);
                return outcome;
            }

            kept = _headless.TryAdd(result.Entry!, sessionId, hold);
            await _membership.PublishChangeAsync(result.Entry!).ConfigureAwait(false);
            return outcome;
        }
        finally
        {
            if (!kept)
            {
                _ = hold.DisposeAsync().AsTask();
            }
        }
    });

    /// <summary>
    /// Handles the end of a session, or of a failed attempt to open one. Returns true if it was the last session of the participant. Thread-safe.
    /// </summary>
    public Task<bool> EndSessionAsync(string participantId, string sessionId) => _meeting.InvokeAsync(async () =>
    {
        var last = await _headless.EndSessionAsync(participantId, sessionId).ConfigureAwait(false);
        if (last)
        {
            await RemoveAsync(participantId).ConfigureAwait(false);
        }

        return last;
    });

    /// <summary>
    /// Ends the sessions on media nodes that the meeting has left. Clients without a socket receive no <c>media-restart</c>, so this makes them reconnect.
    /// </summary>
    public async Task OnRoomsChangedAsync(RoomsChange change)
    {
        foreach (var participant in _meeting.Roster.Shared)
        {
            _meeting.Media.ReleaseFromPreviousNodes(participant.ParticipantId);
            if (!change.IsKept)
            {
                await RemoveAsync(participant.ParticipantId).ConfigureAwait(false);
            }
        }

        if (change.IsKept && change.Left.Count > 0)
        {
            _ = CompareWithNodesAsync();
        }
    }

    /// <summary>Ends the sessions on nodes whose deadline is near. Until then they stay, because nothing can tell these clients to move.</summary>
    public Task OnTickAsync()
    {
        foreach (var room in _meeting.Media.ListOverdueRooms(EndAhead))
        {
            if (_ending.Add(room.Key))
            {
                _ = EndOverdueAsync(room);
            }
        }

        return Task.CompletedTask;
    }

    public Task OnJoinedAsync(Member member, MeetingView view)
    {
        _headless.Release();
        return Task.CompletedTask;
    }

    public async Task OnRoomEventAsync(RoomKey source, RoomEvent e)
    {
        switch (e.Type)
        {
            case RoomEventTypes.ParticipantLeft when _meeting.Media.Served.Rooms.Count > 1 && e.ParticipantId is not null && IsHeadless(e.ParticipantId):
                // The participant may have a session on another node.
                _ = CompareWithNodesAsync();
                break;
            case RoomEventTypes.ParticipantLeft when e.ParticipantId is not null && IsHeadless(e.ParticipantId):
                await RemoveAsync(e.ParticipantId).ConfigureAwait(false);
                break;
            case RoomEventTypes.Ready when !_meeting.HasEnded:
                // The stream is new or was interrupted, so joins and departures may have been missed.
                await _membership.RefreshAsync().ConfigureAwait(false);
                _ = CompareWithNodesAsync();
                break;
            case RoomEventTypes.SessionState when e.State is "closed" or "failed" && e is { ParticipantId: not null, SessionId: not null } && IsHeadless(e.ParticipantId):
                if (await _headless.EndSessionAsync(e.ParticipantId, e.SessionId).ConfigureAwait(false))
                {
                    await RemoveAsync(e.ParticipantId).ConfigureAwait(false);
                }

                break;
        }
    }

    public Task OnRecoveredAsync() => _headless.RestoreAsync(Capacity);

    /// <summary>Stops keeping the meeting's session on this replica open.</summary>
    public Task OnSocketsClosedAsync()
    {
        _headless.ReleaseAll();
        return Task.CompletedTask;
    }

    /// <summary>Runs outside the loop, which does not wait for the node: it may be gone. A call that fails is repeated on the next tick.</summary>
    private async Task EndOverdueAsync(RoomClient room)
    {
        string[] ended = [];
        try
        {
            var present = await room.ListParticipantsAsync(_meeting.Closed).ConfigureAwait(false);
            ended = [.. present.Where(participant => participant.SubscribeSession == string.Empty).Select(participant => participant.Participant)];
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            _metrics.NodeFailed(failure.Reason);
        }

        _meeting.Post(() =>
        {
            _ = EndOverdueAsync(room, [.. ended.Where(IsHeadless)]);
            return Task.CompletedTask;
        });
    }

    private async Task EndOverdueAsync(RoomClient room, IReadOnlyList<string> participants)
    {
        await Task.WhenAll(participants.Select(participantId => EndOverdueAsync(room, participantId))).ConfigureAwait(false);
        _meeting.Post(() =>
        {
            _ending.Remove(room.Key);
            return Task.CompletedTask;
        });
    }

    private async Task EndOverdueAsync(RoomClient room, string participantId)
    {
        if (await room.TryReleaseParticipantAsync(participantId).ConfigureAwait(false))
        {
            LogEnded(_logger, participantId, _meeting.Key.MeetingId, room.Key.Node);
            _metrics.HeadlessEnded("node-leaving");
        }
    }

    private bool IsHeadless(string participantId) => _meeting.Roster.Find(participantId) is { IsShared: true };

    private async Task RemoveAsync(string participantId)
    {
        await _headless.EndAllAsync(participantId).ConfigureAwait(false);
        await _membership.RemoveAsync(participantId, PresenceEntry.SharedConnection).ConfigureAwait(false);
    }

    /// <summary>Reads the participants from all nodes outside the loop, so that a hanging node does not block the meeting.</summary>
    private async Task CompareWithNodesAsync()
    {
        // Participants who join during the request are missing from its answer.
        var shown = _meeting.Roster.Shared.Select(e => e.ParticipantId).ToHashSet(StringComparer.Ordinal);
        if (await _meeting.Media.ListParticipantsAsync().ConfigureAwait(false) is not { } known)
        {
            return;
        }

        _meeting.Post(async () =>
        {
            foreach (var lost in (await _headless.CompareAsync(known, Capacity).ConfigureAwait(false)).Where(e => shown.Contains(e.ParticipantId)))
            {
                await RemoveAsync(lost.ParticipantId).ConfigureAwait(false);
            }

            await _membership.RefreshAsync().ConfigureAwait(false);
        });
    }

    [LoggerMessage(3034, LogLevel.Information, "Ended the sessions of participant {Participant} of meeting {Meeting} on {Node}: the meeting is about to leave the node, and WHIP and WHEP clients cannot be told to move.")]
    private static partial void LogEnded(ILogger logger, string participant, string meeting, string node);
}
