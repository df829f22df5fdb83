using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Features.Headless;

/// <summary>Shows participants without a socket (WHIP, WHEP) to the members, for as long as they have a media session.</summary>
internal sealed class HeadlessFeature : IMeetingFeature
{
    private readonly IMeeting _meeting;
    private readonly Membership _membership;
    private readonly SessionPresence _presence;
    private readonly HeadlessParticipants _headless;

    public HeadlessFeature(IMeeting meeting, Membership membership, SessionPresence presence, IParticipantRepository rows)
    {
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
    /// Ends the sessions on the previous media node after the meeting has moved. Clients without a socket receive no <c>media-restart</c>, so this makes them
    /// reconnect.
    /// </summary>
    public async Task OnMovedAsync()
    {
        foreach (var participant in _meeting.Roster.Shared)
        {
            _meeting.Media.RemoveFromPreviousNode(participant.ParticipantId);
            await RemoveAsync(participant.ParticipantId).ConfigureAwait(false);
        }
    }

    public Task OnJoinedAsync(Member member, MeetingView view)
    {
        _headless.Release();
        return Task.CompletedTask;
    }

    public async Task OnRoomEventAsync(RoomEvent e)
    {
        switch (e.Type)
        {
            case RoomEventTypes.ParticipantLeft when e.ParticipantId is not null && IsHeadless(e.ParticipantId):
                await RemoveAsync(e.ParticipantId).ConfigureAwait(false);
                break;
            case RoomEventTypes.Ready when !_meeting.HasEnded:
                // The stream is new or was interrupted, so joins and departures may have been missed.
                await _membership.RefreshAsync().ConfigureAwait(false);
                _ = CompareWithNodeAsync();
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

    private bool IsHeadless(string participantId) => _meeting.Roster.Find(participantId) is { IsShared: true };

    private async Task RemoveAsync(string participantId)
    {
        await _headless.EndAllAsync(participantId).ConfigureAwait(false);
        await _membership.RemoveAsync(participantId, PresenceEntry.SharedConnection).ConfigureAwait(false);
    }

    /// <summary>Reads the participants from the node outside the loop, so that a hanging node does not block the meeting.</summary>
    private async Task CompareWithNodeAsync()
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
}
