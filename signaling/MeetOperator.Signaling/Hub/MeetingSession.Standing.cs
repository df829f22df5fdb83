using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// Removals and the end as facts: a message about them may be lost, so presence and the rows are looked at again on each tick and after each outage.
/// </summary>
public sealed partial class MeetingSession
{
    private readonly HashSet<string> removed = new(StringComparer.Ordinal);

    /// <summary>Removed participants whose media is being ended, before anybody is told.</summary>
    private readonly HashSet<string> leaving = new(StringComparer.Ordinal);

    /// <summary>Removed participants whom the media node may still have.</summary>
    private readonly HashSet<string> unconfirmed = new(StringComparer.Ordinal);
    private bool reading;
    private bool confirming;

    /// <summary>Not on the loop: a slow database holds up nothing.</summary>
    private async Task ReadStandingAsync()
    {
        if (Interlocked.Exchange(ref reading, true))
        {
            return;
        }

        try
        {
            var standing = await services.Standings.ReadAsync(Key, closed.Token).ConfigureAwait(false);
            loop.Post(() => Enforce(standing.Removed));
            if (standing.HasEnded
                && View() is { IsEnded: false } view
                && await services.Lives.AskAsync(view, closed.Token).ConfigureAwait(false) == MeetingLife.Over)
            {
                loop.Post(() => EndAsync("ended"));
            }
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e) || e is OperationCanceledException)
        {
            // The next tick reads again.
        }
        catch (Exception e)
        {
            LogStepFailed(logger, e, Key.MeetingId);
        }
        finally
        {
            Interlocked.Exchange(ref reading, false);
        }
    }

    /// <summary>
    /// Acts on removals that nobody announced here. Who was removed says nothing any more from now on, is dropped at the media node, and then
    /// everybody is told.
    /// </summary>
    private void Enforce(IEnumerable<string> removals)
    {
        foreach (var participantId in removals)
        {
            var isNew = NoteRemoval(participantId);
            if ((!isNew && !members.ContainsKey(participantId) && roster.Find(participantId) is null) || !leaving.Add(participantId))
            {
                continue;
            }

            if (members.TryGetValue(participantId, out var member))
            {
                member.Socket.IgnoreInput();
            }

            _ = DropAsync(participantId);
        }
    }

    private async Task DropAsync(string participantId)
    {
        try
        {
            await Task.WhenAll(presence.ExpelAsync(participantId), Room.ForgetAsync(participantId)).ConfigureAwait(false);
        }
        finally
        {
            // Whatever the bus and the node say: who was removed is out here.
            loop.Post(() =>
            {
                leaving.Remove(participantId);
                Remove(participantId);
            });
        }

        await presence.TryPublishAsync(new BusEvent { Kind = BusEventKind.Remove, ParticipantId = participantId, Text = "removed" }).ConfigureAwait(false);
    }

    private void Remove(string participantId)
    {
        NoteRemoval(participantId);
        Room.ForgetAtFormer(participantId);
        if (members.Remove(participantId, out var member))
        {
            member.Send(new RemovedMessage("removed"));
            member.Socket.Close(CloseCodes.Refused, "removed");
            Detach(member, leave: true);
        }

        Broadcast(roster.Remove(participantId, "removed"));
        headless.Release();
    }

    /// <summary>False when the removal was known here already.</summary>
    private bool NoteRemoval(string participantId)
    {
        if (!removed.Add(participantId))
        {
            return false;
        }

        unconfirmed.Add(participantId);
        return true;
    }

    /// <summary>
    /// Asks the node again to drop removed participants whom it still has. A call that failed, or another instance that put the participant back, would
    /// leave somebody in the room who hears the others and whom nobody sees. Runs off the loop, which does not wait for the node.
    /// </summary>
    private async Task ConfirmRemovalsAsync()
    {
        if (unconfirmed.Count == 0 || Interlocked.Exchange(ref confirming, true))
        {
            return;
        }

        try
        {
            string[] participants = [.. unconfirmed];
            if (await Room.KnownAsync().ConfigureAwait(false) is { } known)
            {
                await Task.WhenAll(participants.Where(known.Contains).Select(Room.ForgetAsync)).ConfigureAwait(false);
                loop.Post(() => unconfirmed.ExceptWith(participants.Where(p => !known.Contains(p))));
            }
        }
        finally
        {
            Interlocked.Exchange(ref confirming, false);
        }
    }
}
