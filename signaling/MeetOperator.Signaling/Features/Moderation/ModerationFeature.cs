using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Features.Presence;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Features.Moderation;

/// <summary>
/// Enforces removals of participants and the end of the meeting. Bus events about them can be lost, so the feature reads presence and the database rows on each
/// tick and after each outage.
/// </summary>
internal sealed class ModerationFeature : IMeetingFeature
{
    /// <summary>Removals that are repeated at the media node at the same time.</summary>
    private const int MaxConcurrentRemovals = 8;

    private readonly IMeeting _meeting;
    private readonly Membership _membership;
    private readonly SessionPresence _presence;
    private readonly ModerationReader _reader;
    private readonly MeetingStateReader _states;

    /// <summary>Removed participants whose media is being stopped, before the removal is announced.</summary>
    private readonly HashSet<string> _removing = new(StringComparer.Ordinal);

    /// <summary>Removed participants whose removal the media node has not confirmed to this replica.</summary>
    private readonly HashSet<string> _unconfirmed = new(StringComparer.Ordinal);
    private bool _isReading;
    private bool _isConfirming;

    public ModerationFeature(IMeeting meeting, Membership membership, SessionPresence presence, ModerationReader reader, MeetingStateReader states)
    {
        _meeting = meeting;
        _membership = membership;
        _presence = presence;
        _reader = reader;
        _states = states;
        membership.RemovalsFound += Enforce;
    }

    public Task OnBusEventAsync(BusEvent e)
    {
        if (e is { Kind: BusEventKind.Remove, ParticipantId: { } removed })
        {
            Remove(removed);
        }

        return Task.CompletedTask;
    }

    public Task OnTickAsync()
    {
        _ = ReadAsync();
        _ = ConfirmAsync();
        return Task.CompletedTask;
    }

    public async Task OnRecoveredAsync()
    {
        foreach (var participantId in _membership.Removed)
        {
            // Redis may have lost its data.
            await _presence.ExpelAsync(participantId).ConfigureAwait(false);
        }

        _ = ReadAsync();
    }

    /// <summary>A new node does not know who was removed, and one that the meeting comes back to may not have removed a participant before.</summary>
    public Task OnRoomsChangedAsync(RoomsChange change)
    {
        _unconfirmed.UnionWith(_membership.Removed);
        return Task.CompletedTask;
    }

    /// <summary>Runs outside the loop, so that a slow database does not block the meeting.</summary>
    private async Task ReadAsync()
    {
        if (Interlocked.Exchange(ref _isReading, true))
        {
            return;
        }

        try
        {
            var moderation = await _reader.ReadAsync(_meeting.Key, _meeting.Closed).ConfigureAwait(false);
            _meeting.Post(() =>
            {
                Enforce(moderation.Removed);
                return Task.CompletedTask;
            });
            if (moderation.HasEnded
                && _meeting.View() is { IsEnded: false } view
                && await _states.ReadAsync(view, _meeting.Closed).ConfigureAwait(false) == MeetingState.Ended)
            {
                _meeting.Post(() => _meeting.EndAsync("ended"));
            }
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e) || e is OperationCanceledException)
        {
            // The next tick retries.
        }
        catch (Exception e)
        {
            _meeting.LogFailure(e);
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
    private void Enforce(IEnumerable<string> removals)
    {
        foreach (var participantId in removals)
        {
            var isNew = RecordRemoval(participantId);
            var member = _meeting.Members.Find(participantId);
            if ((!isNew && member is null && _meeting.Roster.Find(participantId) is null) || !_removing.Add(participantId))
            {
                continue;
            }

            member?.Transport.IgnoreInput();
            _ = EnforceAsync(participantId);
        }
    }

    private async Task EnforceAsync(string participantId)
    {
        try
        {
            await Task.WhenAll(_presence.ExpelAsync(participantId), _meeting.Media.ExcludeParticipantAsync(participantId)).ConfigureAwait(false);
        }
        finally
        {
            // Complete the removal on this replica even if the bus or the node failed.
            _meeting.Post(() =>
            {
                _removing.Remove(participantId);
                Remove(participantId);
                return Task.CompletedTask;
            });
        }

        await _presence.TryPublishAsync(new BusEvent { Kind = BusEventKind.Remove, ParticipantId = participantId, Text = "removed" }).ConfigureAwait(false);
    }

    private void Remove(string participantId)
    {
        RecordRemoval(participantId);
        _meeting.Media.RemoveFromPreviousNodes(participantId);
        _meeting.Members.Expel(participantId);
        _membership.Depart(participantId, "removed");
    }

    /// <summary>Records a removal. Returns false if it was already recorded.</summary>
    private bool RecordRemoval(string participantId)
    {
        if (!_membership.RecordRemoval(participantId))
        {
            return false;
        }

        _unconfirmed.Add(participantId);
        return true;
    }

    /// <summary>
    /// Repeats removals until all current nodes have confirmed them, because a call failed or the meeting moved. Without it, removed participants would receive media and be
    /// invisible to others. Runs outside the loop, which does not wait for the node.
    /// </summary>
    private async Task ConfirmAsync()
    {
        if (_unconfirmed.Count == 0 || Interlocked.Exchange(ref _isConfirming, true))
        {
            return;
        }

        try
        {
            var version = _meeting.Media.RoomsVersion;
            List<string> confirmed = [];
            foreach (var batch in _unconfirmed.ToArray().Chunk(MaxConcurrentRemovals))
            {
                var results = await Task.WhenAll(batch.Select(_meeting.Media.ExcludeParticipantAsync)).ConfigureAwait(false);
                confirmed.AddRange(batch.Where((_, index) => results[index]));
                if (results.Contains(false))
                {
                    break; // The next tick retries, so a node that does not respond gets few calls at a time.
                }
            }

            _meeting.Post(() =>
            {
                if (_meeting.Media.RoomsVersion == version)
                {
                    _unconfirmed.ExceptWith(confirmed);
                }

                return Task.CompletedTask;
            });
        }
        finally
        {
            Interlocked.Exchange(ref _isConfirming, false);
        }
    }
}
