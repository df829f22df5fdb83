using System.Net.WebSockets;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>What a session does about what it hears: from the bus, the media node, the directory and the clock.</summary>
public sealed partial class MeetingSession
{
    private async Task OnBusEventAsync(BusEvent e)
    {
        switch (e.Kind)
        {
            case BusEventKind.Presence:
                // Many may come at once; one reading answers all that were queued before it.
                if (!presenceIsStale)
                {
                    presenceIsStale = true;
                    loop.Post(() => RefreshRosterAsync(null));
                }

                break;
            case BusEventKind.Left when e.ParticipantId is not null && !members.ContainsKey(e.ParticipantId):
                Broadcast(roster.Remove(e.ParticipantId, e.Text ?? "left"));
                headless.Release();
                break;
            case BusEventKind.Frame when e.ParticipantId is not null && e.Text is not null && members.TryGetValue(e.ParticipantId, out var member):
                member.Socket.Send(System.Text.Encoding.UTF8.GetBytes(e.Text));
                break;
            case BusEventKind.Chat when e.Text is not null:
                await DeliverAsync(e.Sequence, e.Text).ConfigureAwait(false);
                break;
            case BusEventKind.Remove when e.ParticipantId is not null && members.Remove(e.ParticipantId, out var removed):
                removed.Send(new RemovedMessage(e.Text ?? "removed"));
                removed.Socket.Close(CloseCodes.Refused, "removed");
                if (removed.Media is not null)
                {
                    await Room.DetachAsync(removed.Media, leave: true).ConfigureAwait(false);
                    removed.Media = null;
                }

                Broadcast(roster.Remove(e.ParticipantId, "removed"));
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
                await DepartHeadlessAsync(e.ParticipantId).ConfigureAwait(false);
                break;
            case RoomEventTypes.Ready:
                // The stream was away, or is new: who came or went meanwhile was not told.
                await RefreshRosterAsync(null).ConfigureAwait(false);
                foreach (var lost in await headless.CompareAsync(Capacity()).ConfigureAwait(false))
                {
                    await DepartHeadlessAsync(lost.ParticipantId).ConfigureAwait(false);
                }

                await RefreshRosterAsync(null).ConfigureAwait(false);
                break;
            case RoomEventTypes.SessionState when e.State is "closed" or "failed" && e is { ParticipantId: not null, SessionId: not null } && roster.Find(e.ParticipantId) is { IsShared: true }:
                if (await headless.EndSessionAsync(e.ParticipantId, e.SessionId).ConfigureAwait(false))
                {
                    await DepartHeadlessAsync(e.ParticipantId).ConfigureAwait(false);
                }

                break;
            case RoomEventTypes.TrackAdded or RoomEventTypes.TrackRemoved when e.ParticipantId is not null && members.ContainsKey(e.ParticipantId):
                presence.SaveStream(e, added: e.Type == RoomEventTypes.TrackAdded);
                break;
        }
    }

    private async Task OnMeetingChangedAsync()
    {
        var view = services.Directory.Find(Key.MeetingId);
        if (ended)
        {
            return;
        }

        if (view is null || view.IsEnded)
        {
            ended = true;
            Broadcast([new MeetingEndedMessage(view?.EndReason ?? "ended")]);
            var leaving = members.Values.Select(m => (m.ParticipantId, m.ConnectionId)).Concat(headless.Entries.Select(h => (h.ParticipantId, h.Connection))).ToList();
            CloseAll(CloseCodes.Normal, "meeting ended");
            await presence.CloseMeetingAsync(leaving).ConfigureAwait(false);
            return;
        }

        if (!view.IsPeerToPeer && Room.Assign(view.Assignment))
        {
            // Their sessions were at the node of before, and nobody can tell them to come to this one.
            foreach (var participant in headless.Entries)
            {
                await DepartHeadlessAsync(participant.ParticipantId).ConfigureAwait(false);
            }
        }
    }

    private async Task DepartHeadlessAsync(string participantId)
    {
        await headless.EndAllAsync(participantId).ConfigureAwait(false);
        await DepartAsync(participantId, PresenceEntry.SharedConnection, "left").ConfigureAwait(false);
    }

    private void CloseAll(WebSocketCloseStatus code, string reason)
    {
        foreach (var member in members.Values)
        {
            member.Socket.Close(code, reason);
        }

        headless.ReleaseAll();
    }

    private void OnBusRecovered() => loop.Post(async () =>
    {
        presence.HoldRemovals();
        await presence.SaveUnsavedAsync(members.Values.Select(m => m.Entry!)).ConfigureAwait(false);
        await headless.RestoreAsync(Capacity()).ConfigureAwait(false);
        await RenewAsync().ConfigureAwait(false);
        await RefreshRosterAsync(null).ConfigureAwait(false);
        await PublishAsync(new BusEvent { Kind = BusEventKind.Presence }).ConfigureAwait(false);
        await CatchUpAsync().ConfigureAwait(false);
    });

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(services.Options.Timings.Tick, services.Time);
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
            // The session is over.
        }
    }

    private async Task TickNowAsync()
    {
        await RenewAsync().ConfigureAwait(false);
        foreach (var expired in (await presence.SweepAsync().ConfigureAwait(false)).Where(e => e.Connected))
        {
            await TellLeftAsync(expired.ParticipantId, "timeout").ConfigureAwait(false);
        }

        // While instances cannot tell each other, the database is where the others' lines are seen.
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
        catch (Exception e) when (Failures.IsDatabaseOutage(e))
        {
            // As below.
        }
    }

    private async Task CatchUpAsync()
    {
        try
        {
            await chat.CatchUpAsync(members.Values, closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e))
        {
            // It is behind and the next tick tries again.
        }
    }

    private async Task RenewAsync()
    {
        var own = members.Values.Select(m => m.Entry!).Concat(headless.Entries).ToList();
        foreach (var taken in await presence.RenewAsync(own).ConfigureAwait(false))
        {
            if (members.Remove(taken, out var member))
            {
                await ReplaceAsync(member).ConfigureAwait(false);
            }
        }
    }
}
