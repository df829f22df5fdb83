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
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);

    /// <summary>Removed participants whose media is being stopped, before the removal is announced.</summary>
    private readonly HashSet<string> _removing = new(StringComparer.Ordinal);

    /// <summary>Removed participants that the media node may still have.</summary>
    private readonly HashSet<string> _unconfirmed = new(StringComparer.Ordinal);
    private bool _isReading;
    private bool _isConfirming;

    /// <summary>Runs outside the loop, so that a slow database does not block the meeting.</summary>
    private async Task ReadModerationAsync()
    {
        if (Interlocked.Exchange(ref _isReading, true))
        {
            return;
        }

        try
        {
            var moderation = await _services.Moderation.ReadAsync(Key, _closed.Token).ConfigureAwait(false);
            _loop.Post(() => EnforceRemovals(moderation.Removed));
            if (moderation.HasEnded
                && View() is { IsEnded: false } view
                && await _services.States.ReadAsync(view, _closed.Token).ConfigureAwait(false) == MeetingState.Ended)
            {
                _loop.Post(() => EndAsync("ended"));
            }
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e) || e is OperationCanceledException)
        {
            // The next tick retries.
        }
        catch (Exception e)
        {
            LogStepFailed(_logger, e, Key.MeetingId);
        }
        finally
        {
            Interlocked.Exchange(ref _isReading, false);
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
            if ((!isNew && !_members.ContainsKey(participantId) && _roster.Find(participantId) is null) || !_removing.Add(participantId))
            {
                continue;
            }

            if (_members.TryGetValue(participantId, out var member))
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
            await Task.WhenAll(_presence.ExpelAsync(participantId), Room.RemoveParticipantAsync(participantId)).ConfigureAwait(false);
        }
        finally
        {
            // Complete the removal on this instance even if the bus or the node failed.
            _loop.Post(() =>
            {
                _removing.Remove(participantId);
                Remove(participantId);
            });
        }

        await _presence.TryPublishAsync(new BusEvent { Kind = BusEventKind.Remove, ParticipantId = participantId, Text = "removed" }).ConfigureAwait(false);
    }

    private void Remove(string participantId)
    {
        RecordRemoval(participantId);
        Room.RemoveFromPreviousNode(participantId);
        if (_members.Remove(participantId, out var member))
        {
            member.Send(new RemovedMessage("removed"));
            member.Socket.Close(CloseCodes.Rejected, "removed");
            Detach(member, leave: true);
        }

        Broadcast(_roster.Remove(participantId, "removed"));
        _headless.Release();
    }

    /// <summary>Records a removal. Returns false if it was already recorded.</summary>
    private bool RecordRemoval(string participantId)
    {
        if (!_removed.Add(participantId))
        {
            return false;
        }

        _unconfirmed.Add(participantId);
        return true;
    }

    /// <summary>
    /// Repeats the removal of participants that the node still has. Otherwise, after a failed call or a concurrent refresh by another instance, a removed
    /// participant could stay in the room, receive media and be invisible to others. Runs outside the loop, which does not wait for the node.
    /// </summary>
    private async Task ConfirmRemovalsAsync()
    {
        if (_unconfirmed.Count == 0 || Interlocked.Exchange(ref _isConfirming, true))
        {
            return;
        }

        try
        {
            string[] participants = [.. _unconfirmed];
            if (await Room.ListParticipantsAsync().ConfigureAwait(false) is { } known)
            {
                await Task.WhenAll(participants.Where(known.Contains).Select(Room.RemoveParticipantAsync)).ConfigureAwait(false);
                _loop.Post(() => _unconfirmed.ExceptWith(participants.Where(p => !known.Contains(p))));
            }
        }
        finally
        {
            Interlocked.Exchange(ref _isConfirming, false);
        }
    }
}
