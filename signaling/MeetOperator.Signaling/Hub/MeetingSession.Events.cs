using System.Net.WebSockets;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Hub;

/// <summary>Handles events from the bus, the media node, the meeting directory and the timer.</summary>
public sealed partial class MeetingSession
{
    private bool _isRecoveryWaiting;

    private async Task OnBusEventAsync(BusEvent e)
    {
        if (_hasEnded)
        {
            // The event may belong to a later meeting with the same ID.
            return;
        }

        switch (e.Kind)
        {
            case BusEventKind.Presence:
                // Coalesce: one refresh covers all presence events that were queued before it.
                if (!_isPresenceStale)
                {
                    _isPresenceStale = true;
                    _loop.Post(() => RefreshRosterAsync(null));
                }

                break;
            case BusEventKind.Left when e.ParticipantId is not null && !_members.ContainsKey(e.ParticipantId):
                Broadcast(_roster.Remove(e.ParticipantId, e.Text ?? "left"));
                _headless.Release();
                break;
            case BusEventKind.Frame:
                await OnFrameAsync(e).ConfigureAwait(false);
                break;
            case BusEventKind.FrameDelivered when e.Delivery is { } delivery:
                _unacknowledged.Remove(delivery);
                break;
            case BusEventKind.Chat when e.Text is not null:
                await DeliverAsync(e.Sequence, e.Text).ConfigureAwait(false);
                break;
            case BusEventKind.Remove when e.ParticipantId is not null:
                Remove(e.ParticipantId);
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
            case RoomEventTypes.ParticipantLeft when e.ParticipantId is not null && _roster.Find(e.ParticipantId) is { IsShared: true }:
                await RemoveHeadlessAsync(e.ParticipantId).ConfigureAwait(false);
                break;
            case RoomEventTypes.Ready when !_hasEnded:
                // The stream is new or was interrupted, so joins and departures may have been missed.
                await RefreshRosterAsync(null).ConfigureAwait(false);
                _ = CompareWithNodeAsync();
                break;
            case RoomEventTypes.SessionState when e.State is "closed" or "failed" && e is { ParticipantId: not null, SessionId: not null } && _roster.Find(e.ParticipantId) is { IsShared: true }:
                if (await _headless.EndSessionAsync(e.ParticipantId, e.SessionId).ConfigureAwait(false))
                {
                    await RemoveHeadlessAsync(e.ParticipantId).ConfigureAwait(false);
                }

                break;
            case RoomEventTypes.TrackAdded or RoomEventTypes.TrackRemoved when e.ParticipantId is not null && _members.ContainsKey(e.ParticipantId):
                _presence.SaveStream(e, added: e.Type == RoomEventTypes.TrackAdded);
                break;
        }
    }

    /// <summary>Reads the participants from the node outside the loop, so that a hanging node does not block the meeting.</summary>
    private async Task CompareWithNodeAsync()
    {
        // Participants who join during the request are missing from its answer.
        var shown = _headless.Entries.Select(e => e.ParticipantId).ToHashSet(StringComparer.Ordinal);
        if (await Room.ListParticipantsAsync().ConfigureAwait(false) is not { } known)
        {
            return;
        }

        _loop.Post(async () =>
        {
            foreach (var lost in (await _headless.CompareAsync(known, Capacity()).ConfigureAwait(false)).Where(e => shown.Contains(e.ParticipantId)))
            {
                await RemoveHeadlessAsync(lost.ParticipantId).ConfigureAwait(false);
            }

            await RefreshRosterAsync(null).ConfigureAwait(false);
        });
    }

    private async Task OnMeetingChangedAsync()
    {
        var view = View();
        if (_hasEnded)
        {
            return;
        }

        if (view is null || view.IsEnded)
        {
            await EndAsync(view?.EndReason ?? "ended").ConfigureAwait(false);
            return;
        }

        if (!view.IsPeerToPeer && Room.Assign(view.Assignments))
        {
            // Clients without a socket receive no media-restart. Ending their sessions on the previous node makes them reconnect.
            foreach (var participant in _headless.Entries)
            {
                Room.RemoveFromPreviousNode(participant.ParticipantId);
                await RemoveHeadlessAsync(participant.ParticipantId).ConfigureAwait(false);
            }
        }
    }

    private async Task EndAsync(string reason)
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            Broadcast([new MeetingEndedMessage(reason)]);
            var present = _members.Values.Select(m => (m.ParticipantId, m.ConnectionId)).Concat(_headless.Entries.Select(h => (h.ParticipantId, h.Connection))).ToList();
            CloseAll(CloseCodes.Normal, "meeting ended");
            await _presence.CloseMeetingAsync(present).ConfigureAwait(false);
        }
    }

    private async Task RemoveHeadlessAsync(string participantId)
    {
        await _headless.EndAllAsync(participantId).ConfigureAwait(false);
        await RemoveParticipantAsync(participantId, PresenceEntry.SharedConnection, "left").ConfigureAwait(false);
    }

    private void CloseAll(WebSocketCloseStatus code, string reason)
    {
        foreach (var member in _members.Values)
        {
            member.Socket.Close(code, reason);
        }

        _headless.ReleaseAll();
    }

    /// <summary>
    /// Recovers after a bus outage. Only a few meetings recover at a time; until then, the session keeps its state. At most one recovery waits, however often the bus
    /// breaks meanwhile, because it reads the latest state.
    /// </summary>
    private async Task RecoverAsync()
    {
        _loop.Post(_presence.HoldRemovals);
        if (Interlocked.Exchange(ref _isRecoveryWaiting, true))
        {
            return;
        }

        try
        {
            await _services.Recoveries.WaitAsync(_closed.Token).ConfigureAwait(false);
            try
            {
                await _loop.InvokeAsync(RecoverNowAsync).ConfigureAwait(false);
            }
            finally
            {
                _services.Recoveries.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The session has ended.
        }
        catch (Exception e)
        {
            LogStepFailed(_logger, e, Key.MeetingId);
        }
    }

    private async Task<bool> RecoverNowAsync()
    {
        // An interruption from here on needs another recovery.
        Interlocked.Exchange(ref _isRecoveryWaiting, false);
        if (_hasEnded)
        {
            return false;
        }

        _presence.HoldRemovals();
        foreach (var participantId in _removed)
        {
            // Redis may have lost its data.
            await _presence.ExpelAsync(participantId).ConfigureAwait(false);
        }

        _ = ReadModerationAsync();
        await _presence.SaveUnsavedAsync(_members.Values.Select(m => m.Entry!)).ConfigureAwait(false);
        await _headless.RestoreAsync(Capacity()).ConfigureAwait(false);
        await RenewAsync().ConfigureAwait(false);
        await RefreshRosterAsync(null).ConfigureAwait(false);
        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence }).ConfigureAwait(false);
        await CatchUpAsync().ConfigureAwait(false);
        return true;
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(_services.Options.Timings.TickInterval, _services.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closed.Token).ConfigureAwait(false))
            {
                var done = new TaskCompletionSource();
                _loop.Post(async () =>
                {
                    try
                    {
                        await TickNowAsync().ConfigureAwait(false);
                    }
                    finally
                    {
                        done.SetResult();
                    }
                });
                await done.Task.WaitAsync(_closed.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
    }

    private async Task TickNowAsync()
    {
        if (_hasEnded)
        {
            // Renewed entries would appear in a later meeting with the same ID.
            return;
        }

        _ = ReadModerationAsync();
        _ = ConfirmRemovalsAsync();
        await RenewAsync().ConfigureAwait(false);
        foreach (var expired in (await _presence.SweepAsync().ConfigureAwait(false)).Where(e => e.Connected))
        {
            await AnnounceDepartureAsync(expired.ParticipantId, "timeout").ConfigureAwait(false);
        }

        // While bus events may be lost, read the messages of other instances from the database.
        if (_chat.IsBehind || !_services.Bus.IsConnected)
        {
            await CatchUpAsync().ConfigureAwait(false);
        }
    }

    private async Task DeliverAsync(long sequence, string frame)
    {
        try
        {
            await _chat.DeliverAsync(sequence, frame, _members.Values, _closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            // The feed is behind; the next tick retries.
        }
    }

    private async Task CatchUpAsync()
    {
        try
        {
            await _chat.CatchUpAsync(_members.Values, _closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            // The feed is behind; the next tick retries.
        }
    }

    private async Task RenewAsync()
    {
        var own = _members.Values.Select(m => m.Entry!).Concat(_headless.Entries).ToList();
        var renewed = await _presence.RenewAsync(own).ConfigureAwait(false);
        EnforceRemovals(renewed.Removed);
        foreach (var taken in renewed.TakenOver)
        {
            if (_members.Remove(taken, out var member))
            {
                Replace(member);
            }
        }
    }
}
