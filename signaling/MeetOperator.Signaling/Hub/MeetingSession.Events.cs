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
    private bool isRecoveryWaiting;

    private async Task OnBusEventAsync(BusEvent e)
    {
        if (hasEnded)
        {
            // The event may belong to a later meeting with the same ID.
            return;
        }

        switch (e.Kind)
        {
            case BusEventKind.Presence:
                // Coalesce: one refresh covers all presence events that were queued before it.
                if (!isPresenceStale)
                {
                    isPresenceStale = true;
                    loop.Post(() => RefreshRosterAsync(null));
                }

                break;
            case BusEventKind.Left when e.ParticipantId is not null && !members.ContainsKey(e.ParticipantId):
                Broadcast(roster.Remove(e.ParticipantId, e.Text ?? "left"));
                headless.Release();
                break;
            case BusEventKind.Frame:
                await OnFrameAsync(e).ConfigureAwait(false);
                break;
            case BusEventKind.FrameDelivered when e.Delivery is { } delivery:
                unacknowledged.Remove(delivery);
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
            case RoomEventTypes.ParticipantLeft when e.ParticipantId is not null && roster.Find(e.ParticipantId) is { IsShared: true }:
                await RemoveHeadlessAsync(e.ParticipantId).ConfigureAwait(false);
                break;
            case RoomEventTypes.Ready when !hasEnded:
                // The stream is new or was interrupted, so joins and departures may have been missed.
                await RefreshRosterAsync(null).ConfigureAwait(false);
                _ = CompareWithNodeAsync();
                break;
            case RoomEventTypes.SessionState when e.State is "closed" or "failed" && e is { ParticipantId: not null, SessionId: not null } && roster.Find(e.ParticipantId) is { IsShared: true }:
                if (await headless.EndSessionAsync(e.ParticipantId, e.SessionId).ConfigureAwait(false))
                {
                    await RemoveHeadlessAsync(e.ParticipantId).ConfigureAwait(false);
                }

                break;
            case RoomEventTypes.TrackAdded or RoomEventTypes.TrackRemoved when e.ParticipantId is not null && members.ContainsKey(e.ParticipantId):
                presence.SaveStream(e, added: e.Type == RoomEventTypes.TrackAdded);
                break;
        }
    }

    /// <summary>Reads the participants from the node outside the loop, so that a hanging node does not block the meeting.</summary>
    private async Task CompareWithNodeAsync()
    {
        // Participants who join during the request are missing from its answer.
        var shown = headless.Entries.Select(e => e.ParticipantId).ToHashSet(StringComparer.Ordinal);
        if (await Room.ListParticipantsAsync().ConfigureAwait(false) is not { } known)
        {
            return;
        }

        loop.Post(async () =>
        {
            foreach (var lost in (await headless.CompareAsync(known, Capacity()).ConfigureAwait(false)).Where(e => shown.Contains(e.ParticipantId)))
            {
                await RemoveHeadlessAsync(lost.ParticipantId).ConfigureAwait(false);
            }

            await RefreshRosterAsync(null).ConfigureAwait(false);
        });
    }

    private async Task OnMeetingChangedAsync()
    {
        var view = View();
        if (hasEnded)
        {
            return;
        }

        if (view is null || view.IsEnded)
        {
            await EndAsync(view?.EndReason ?? "ended").ConfigureAwait(false);
            return;
        }

        if (!view.IsPeerToPeer && Room.Assign(view.Assignment))
        {
            // Clients without a socket receive no media-restart. Ending their sessions on the previous node makes them reconnect.
            foreach (var participant in headless.Entries)
            {
                Room.RemoveFromPreviousNode(participant.ParticipantId);
                await RemoveHeadlessAsync(participant.ParticipantId).ConfigureAwait(false);
            }
        }
    }

    private async Task EndAsync(string reason)
    {
        if (!hasEnded)
        {
            hasEnded = true;
            Broadcast([new MeetingEndedMessage(reason)]);
            var present = members.Values.Select(m => (m.ParticipantId, m.ConnectionId)).Concat(headless.Entries.Select(h => (h.ParticipantId, h.Connection))).ToList();
            CloseAll(CloseCodes.Normal, "meeting ended");
            await presence.CloseMeetingAsync(present).ConfigureAwait(false);
        }
    }

    private async Task RemoveHeadlessAsync(string participantId)
    {
        await headless.EndAllAsync(participantId).ConfigureAwait(false);
        await RemoveParticipantAsync(participantId, PresenceEntry.SharedConnection, "left").ConfigureAwait(false);
    }

    private void CloseAll(WebSocketCloseStatus code, string reason)
    {
        foreach (var member in members.Values)
        {
            member.Socket.Close(code, reason);
        }

        headless.ReleaseAll();
    }

    /// <summary>
    /// Recovers after a bus outage. Only a few meetings recover at a time; until then, the session keeps its state. At most one recovery waits, however often the bus
    /// breaks meanwhile, because it reads the latest state.
    /// </summary>
    private async Task RecoverAsync()
    {
        loop.Post(presence.HoldRemovals);
        if (Interlocked.Exchange(ref isRecoveryWaiting, true))
        {
            return;
        }

        try
        {
            await services.Recoveries.WaitAsync(closed.Token).ConfigureAwait(false);
            try
            {
                await loop.InvokeAsync(RecoverNowAsync).ConfigureAwait(false);
            }
            finally
            {
                services.Recoveries.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The session has ended.
        }
        catch (Exception e)
        {
            LogStepFailed(logger, e, Key.MeetingId);
        }
    }

    private async Task<bool> RecoverNowAsync()
    {
        // An interruption from here on needs another recovery.
        Interlocked.Exchange(ref isRecoveryWaiting, false);
        if (hasEnded)
        {
            return false;
        }

        presence.HoldRemovals();
        foreach (var participantId in removed)
        {
            // Redis may have lost its data.
            await presence.ExpelAsync(participantId).ConfigureAwait(false);
        }

        _ = ReadModerationAsync();
        await presence.SaveUnsavedAsync(members.Values.Select(m => m.Entry!)).ConfigureAwait(false);
        await headless.RestoreAsync(Capacity()).ConfigureAwait(false);
        await RenewAsync().ConfigureAwait(false);
        await RefreshRosterAsync(null).ConfigureAwait(false);
        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence }).ConfigureAwait(false);
        await CatchUpAsync().ConfigureAwait(false);
        return true;
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(services.Options.Timings.TickInterval, services.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(closed.Token).ConfigureAwait(false))
            {
                var done = new TaskCompletionSource();
                loop.Post(async () =>
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
                await done.Task.WaitAsync(closed.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
    }

    private async Task TickNowAsync()
    {
        if (hasEnded)
        {
            // Renewed entries would appear in a later meeting with the same ID.
            return;
        }

        _ = ReadModerationAsync();
        _ = ConfirmRemovalsAsync();
        await RenewAsync().ConfigureAwait(false);
        foreach (var expired in (await presence.SweepAsync().ConfigureAwait(false)).Where(e => e.Connected))
        {
            await AnnounceDepartureAsync(expired.ParticipantId, "timeout").ConfigureAwait(false);
        }

        // While bus events may be lost, read the messages of other instances from the database.
        if (chat.IsBehind || !services.Bus.IsConnected)
        {
            await CatchUpAsync().ConfigureAwait(false);
        }
    }

    private async Task DeliverAsync(long sequence, string frame)
    {
        try
        {
            await chat.DeliverAsync(sequence, frame, members.Values, closed.Token).ConfigureAwait(false);
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
            await chat.CatchUpAsync(members.Values, closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            // The feed is behind; the next tick retries.
        }
    }

    private async Task RenewAsync()
    {
        var own = members.Values.Select(m => m.Entry!).Concat(headless.Entries).ToList();
        var renewed = await presence.RenewAsync(own).ConfigureAwait(false);
        EnforceRemovals(renewed.Removed);
        foreach (var taken in renewed.TakenOver)
        {
            if (members.Remove(taken, out var member))
            {
                Replace(member);
            }
        }
    }
}
