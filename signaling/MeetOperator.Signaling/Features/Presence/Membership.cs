using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Features.Presence;

/// <summary>
/// Who is in the meeting: lets participants enter and leave, writes the presence entries of this replica's participants, and announces the changes of all entries to
/// the members. Runs on the session's loop.
/// </summary>
internal sealed class Membership(IMeeting meeting, SessionPresence presence, SessionRows rows)
{
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);

    /// <summary>A queued refresh has not run yet.</summary>
    private bool _isRefreshQueued;

    /// <summary>The roster has participants without entries, who may still be in the meeting.</summary>
    private bool _keptMissing;

    /// <summary>Raised when presence shows that a host removed participants of this replica.</summary>
    public event Action<IReadOnlyList<string>>? RemovalsFound;

    /// <summary>Raised after a departure was announced to the members.</summary>
    public event Action? Departed;

    /// <summary>True if the roster still has participants without entries who need not be kept any longer.</summary>
    public bool NeedsRefresh => _keptMissing && !presence.IsHoldingRemovals;

    /// <summary>The participants that a host removed, as far as this replica knows.</summary>
    public IReadOnlySet<string> Removed => _removed;

    /// <summary>Keeps a removed participant from being listed or from entering again. Returns false if its removal was already recorded.</summary>
    public bool RecordRemoval(string participantId) => _removed.Add(participantId);

    /// <summary>Writes the entry of a new connection and makes it a member, unless the result is <see cref="EnterOutcome.Full"/> or <see cref="EnterOutcome.Removed"/>.</summary>
    public async Task<EnterOutcome> EnterAsync(Member member, MeetingView view)
    {
        var silenced = view.Object.Spec.Access.MuteOnEntry && member.Identity.Role != ParticipantRole.Host;
        var before = meeting.Roster.Find(member.ParticipantId);
        var entry = presence.NewEntry(member.Identity, member.ConnectionId, silenced, before) with { IdentityKey = member.IdentityKey, Direct = member.Direct };
        var entered = await presence.EnterAsync(entry, view.Capacity, before?.Connection).ConfigureAwait(false);
        var outcome = Decide(member.ParticipantId, entered.Outcome);
        if (outcome is EnterOutcome.Full or EnterOutcome.Removed)
        {
            return outcome;
        }

        meeting.Members.Replace(member.ParticipantId);
        member.Entry = await MuteAsync(entered.Entry!, member.Muted).ConfigureAwait(false);
        await RefreshAsync(member.Entry).ConfigureAwait(false);
        meeting.Members.Add(member);
        return outcome;
    }

    /// <summary>
    /// Combines the result of writing a presence entry with the removals that this replica knows. Presence can know of a removal on another replica, and this replica of one
    /// that it could not store yet.
    /// </summary>
    public EnterOutcome Decide(string participantId, EnterOutcome stored)
    {
        if (stored == EnterOutcome.Removed)
        {
            _removed.Add(participantId);
        }

        return _removed.Contains(participantId) ? EnterOutcome.Removed : stored;
    }

    /// <summary>Records that the member's connection is lost. A host that is away does not prevent another host from entering.</summary>
    public Task MarkAwayAsync(Member member) =>
        member.Identity.Role == ParticipantRole.Host ? presence.MarkAwayAsync(member.ParticipantId, member.ConnectionId) : Task.CompletedTask;

    /// <summary>
    /// Removes a participant who has left. Returns false if only this replica knows of the departure, because the bus is unavailable. For a participant with a socket,
    /// call <see cref="TryRemoveLostAsync"/> then.
    /// </summary>
    public async Task<bool> RemoveAsync(string participantId, string connectionId)
    {
        if (meeting.Members.Find(participantId) is not null)
        {
            return true;
        }

        var removed = await presence.RemoveAsync(participantId, connectionId).ConfigureAwait(false);
        if (removed != false)
        {
            await AnnounceDepartureAsync(participantId, "left").ConfigureAwait(false);
        }

        return removed is not null;
    }

    /// <summary>
    /// Removes a participant who has not reconnected after its connection was lost. Returns false if that is unknown, because the bus is unavailable or was until
    /// recently: the participant may be connected to another replica. Repeat the call later, with <paramref name="wasUnknown"/>.
    /// </summary>
    public async Task<bool> TryRemoveLostAsync(Member lost, string reason, bool wasUnknown)
    {
        if (meeting.Members.Find(lost.ParticipantId) is not null)
        {
            return true;
        }

        if (meeting.HasEnded)
        {
            // Participants who are connected when the meeting ends are removed in the same way.
            await presence.RemoveAsync(lost.ParticipantId, lost.ConnectionId).ConfigureAwait(false);
            rows.SaveStatus(lost.ParticipantId, ConnectionStatuses.Left);
            return true;
        }

        if (presence.IsHoldingRemovals || await presence.RemoveAsync(lost.ParticipantId, lost.ConnectionId, mayBeLost: wasUnknown).ConfigureAwait(false) is not { } removed)
        {
            return false;
        }

        if (removed)
        {
            await AnnounceDepartureAsync(lost.ParticipantId, reason).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Removes all participants of this replica, because the meeting has ended.</summary>
    public async Task RemoveAllAsync()
    {
        foreach (var entry in Own())
        {
            await presence.RemoveAsync(entry.ParticipantId, entry.Connection).ConfigureAwait(false);
            rows.SaveStatus(entry.ParticipantId, ConnectionStatuses.Left);
        }
    }

    /// <summary>Renews the entries of this replica's participants.</summary>
    public async Task RenewAsync()
    {
        var renewed = await presence.RenewAsync(Own()).ConfigureAwait(false);
        RemovalsFound?.Invoke(renewed.Removed);
        foreach (var taken in renewed.TakenOver)
        {
            meeting.Members.Replace(taken);
        }
    }

    /// <summary>Removes the participants whose entries no replica has renewed in time.</summary>
    public async Task RemoveExpiredAsync()
    {
        foreach (var expired in (await presence.SweepAsync().ConfigureAwait(false)).Where(e => e.Connected))
        {
            await AnnounceDepartureAsync(expired.ParticipantId, "timeout").ConfigureAwait(false);
        }
    }

    /// <summary>Queues a refresh, unless one is queued already: one refresh covers all changes before it.</summary>
    public void QueueRefresh()
    {
        if (!_isRefreshQueued)
        {
            _isRefreshQueued = true;
            meeting.Post(() => RefreshAsync());
        }
    }

    /// <summary>
    /// Reads presence and sends the changes to the members. <paramref name="newcomer"/> is the entry of a joining participant that is not a member yet.
    /// </summary>
    public async Task RefreshAsync(PresenceEntry? newcomer = null)
    {
        _isRefreshQueued = false;
        var own = meeting.Members.All.Select(m => m.Entry!);
        var present = (await presence.ListAsync(newcomer is null ? own : own.Append(newcomer)).ConfigureAwait(false)).Where(e => !_removed.Contains(e.ParticipantId)).ToList();
        foreach (var entry in present)
        {
            if (meeting.Members.Find(entry.ParticipantId) is { } member)
            {
                if (entry.Connection == member.ConnectionId)
                {
                    member.Entry = entry;
                }
                else if (entry.ParticipantId != newcomer?.ParticipantId)
                {
                    // The participant reconnected to another replica.
                    meeting.Members.Replace(entry.ParticipantId);
                }
            }
        }

        _keptMissing = presence.IsHoldingRemovals;
        meeting.Members.Broadcast(meeting.Roster.Update(present, keepMissing: _keptMissing));
    }

    /// <summary>Announces a changed entry to the members and the other replicas.</summary>
    public async Task PublishChangeAsync(PresenceEntry entry)
    {
        if (meeting.Members.Find(entry.ParticipantId) is { } member)
        {
            member.Entry = entry;
        }

        await RefreshAsync().ConfigureAwait(false);
        await meeting.PublishAsync(new BusEvent { Kind = BusEventKind.Presence, ParticipantId = entry.ParticipantId }).ConfigureAwait(false);
    }

    /// <summary>Announces to the members that a participant is no longer in the meeting.</summary>
    public void Depart(string participantId, string reason)
    {
        meeting.Members.Broadcast(meeting.Roster.Remove(participantId, reason));
        Departed?.Invoke();
    }

    /// <summary>Stores what a client has muted when it joins, before the others are told of it. Unmutes come as messages, because only these override a mute by a host.</summary>
    private async Task<PresenceEntry> MuteAsync(PresenceEntry entry, (bool Audio, bool Video) muted)
    {
        if (muted.Audio && entry.Audio)
        {
            (entry, _) = await presence.SetMediaAsync(entry, MediaType.Audio, sending: false, entry.AudioSilenced).ConfigureAwait(false);
        }

        if (muted.Video && entry.Video)
        {
            (entry, _) = await presence.SetMediaAsync(entry, MediaType.Video, sending: false, entry.VideoSilenced).ConfigureAwait(false);
        }

        return entry;
    }

    /// <summary>Announces to all replicas that a participant is no longer in the meeting, and removes it from the media node.</summary>
    private async Task AnnounceDepartureAsync(string participantId, string reason)
    {
        await meeting.PublishAsync(new BusEvent { Kind = BusEventKind.Left, ParticipantId = participantId, Text = reason }).ConfigureAwait(false);
        meeting.Media.RemoveParticipant(participantId);
        rows.SaveStatus(participantId, ConnectionStatuses.Left);
    }

    /// <summary>The entries that this replica renews: those of its members, and of all participants without a socket.</summary>
    private List<PresenceEntry> Own() => [.. meeting.Members.All.Select(m => m.Entry!), .. meeting.Roster.Shared];
}
