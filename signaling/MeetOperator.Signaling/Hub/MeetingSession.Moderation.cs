using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Hub;

/// <summary>
/// Enforces removals of participants and the end of the meeting. Bus events about them can be lost, so the session reads presence and the database rows on each
/// tick and after each outage.
/// </summary>
public sealed partial class MeetingSession
{
    private readonly HashSet<string> removed = new(StringComparer.Ordinal);

    /// <summary>Removed participants whose media is being stopped, before the removal is announced.</summary>
    private readonly HashSet<string> removing = new(StringComparer.Ordinal);

    /// <summary>Removed participants that the media node may still have.</summary>
    private readonly HashSet<string> unconfirmed = new(StringComparer.Ordinal);
    private bool isReading;
    private bool isConfirming;

    /// <summary>Runs outside the loop, so that a slow database does not block the meeting.</summary>
    private async Task ReadModerationAsync()
    {
        if (Interlocked.Exchange(ref isReading, true))
        {
            return;
        }

        try
        {
            var moderation = await services.Moderation.ReadAsync(Key, closed.Token).ConfigureAwait(false);
            loop.Post(() => EnforceRemovals(moderation.Removed));
            if (moderation.HasEnded
                && View() is { IsEnded: false } view
                && await services.States.ReadAsync(view, closed.Token).ConfigureAwait(false) == MeetingState.Ended)
            {
                loop.Post(() => EndAsync("ended"));
            }
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e) || e is OperationCanceledException)
        {
            // The next tick retries.
        }
        catch (Exception e)
        {
            LogStepFailed(logger, e, Key.MeetingId);
        }
        finally
        {
            Interlocked.Exchange(ref isReading, false);
        }
    }

    /// <summary>
    /// Enforces removals that were not announced by a bus event: ignores further input of the participant, removes it from the media node, and then announces the
    /// removal.
    /// </summary>
    private void EnforceRemovals(IEnumerable<string> removals)
    {
        foreach (var participantId in removals)
        {
            var isNew = RecordRemoval(participantId);
            if ((!isNew && !members.ContainsKey(participantId) && roster.Find(participantId) is null) || !removing.Add(participantId))
            {
                continue;
            }

            if (members.TryGetValue(participantId, out var member))
            {
                member.Socket.IgnoreInput();
            }

            _ = EnforceRemovalAsync(participantId);
        }
    }

    private async Task EnforceRemovalAsync(string participantId)
    {
        try
        {
            await Task.WhenAll(presence.ExpelAsync(participantId), Room.RemoveParticipantAsync(participantId)).ConfigureAwait(false);
        }
        finally
        {
            // Complete the removal on this instance even if the bus or the node failed.
            loop.Post(() =>
            {
                removing.Remove(participantId);
                Remove(participantId);
            });
        }

        await presence.TryPublishAsync(new BusEvent { Kind = BusEventKind.Remove, ParticipantId = participantId, Text = "removed" }).ConfigureAwait(false);
    }

    private void Remove(string participantId)
    {
        RecordRemoval(participantId);
        Room.RemoveFromPreviousNode(participantId);
        if (members.Remove(participantId, out var member))
        {
            member.Send(new RemovedMessage("removed"));
            member.Socket.Close(CloseCodes.Rejected, "removed");
            Detach(member, leave: true);
        }

        Broadcast(roster.Remove(participantId, "removed"));
        headless.Release();
    }

    /// <summary>Records a removal. Returns false if it was already recorded.</summary>
    private bool RecordRemoval(string participantId)
    {
        if (!removed.Add(participantId))
        {
            return false;
        }

        unconfirmed.Add(participantId);
        return true;
    }

    /// <summary>
    /// Repeats the removal of participants that the node still has. Otherwise, after a failed call or a concurrent refresh by another instance, a removed
    /// participant could stay in the room, receive media and be invisible to others. Runs outside the loop, which does not wait for the node.
    /// </summary>
    private async Task ConfirmRemovalsAsync()
    {
        if (unconfirmed.Count == 0 || Interlocked.Exchange(ref isConfirming, true))
        {
            return;
        }

        try
        {
            string[] participants = [.. unconfirmed];
            if (await Room.ListParticipantsAsync().ConfigureAwait(false) is { } known)
            {
                await Task.WhenAll(participants.Where(known.Contains).Select(Room.RemoveParticipantAsync)).ConfigureAwait(false);
                loop.Post(() => unconfirmed.ExceptWith(participants.Where(p => !known.Contains(p))));
            }
        }
        finally
        {
            Interlocked.Exchange(ref isConfirming, false);
        }
    }
}
