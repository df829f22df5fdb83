using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Turn;

namespace MeetOperator.Signaling.Features.Connectivity;

/// <summary>
/// Gives members credentials for relays (TURN): when they enter, with every new socket, before their credentials end, and when their relays have changed. Whoever is not in the meeting gets
/// none: allocations of a relay are limited, and all who have a credential share them.
/// </summary>
internal sealed class RelaysFeature(IMeeting meeting, TurnPools pools) : IMeetingFeature
{
    /// <summary>What each member got last.</summary>
    private readonly Dictionary<string, Sent> _sent = new(StringComparer.Ordinal);

    public Task OnEnteredAsync(Member member, MeetingView view)
    {
        Send(member, view, isNew: true);
        return Task.CompletedTask;
    }

    public Task OnTickAsync()
    {
        if (_sent.Count > meeting.Members.All.Count)
        {
            foreach (var gone in _sent.Keys.Where(id => meeting.Members.Find(id) is null).ToList())
            {
                _sent.Remove(gone);
            }
        }

        if (meeting.View() is { } view)
        {
            foreach (var member in meeting.Members.All.Where(IsDue))
            {
                Send(member, view, isNew: false);
            }
        }

        return Task.CompletedTask;
    }

    private bool IsDue(Member member) => _sent.GetValueOrDefault(member.ParticipantId) is not { } sent || sent.Revision != pools.Revision || IsEnding(sent);

    private bool IsEnding(Sent sent) => sent.RefreshAt <= meeting.Time.GetUtcNow();

    /// <param name="member">The member.</param>
    /// <param name="view">The meeting.</param>
    /// <param name="isNew">Whether the client may not have what was sent before.</param>
    private void Send(Member member, MeetingView view, bool isNew)
    {
        var revision = pools.Revision;
        var grant = pools.Issue(view, member.ParticipantId, member.Identity.Region);
        var before = _sent.GetValueOrDefault(member.ParticipantId);
        if (!isNew && before is not null && !IsEnding(before) && before.Basis == grant.Basis)
        {
            _sent[member.ParticipantId] = before with { Revision = revision }; // other relays have changed
            return;
        }

        _sent[member.ParticipantId] = new Sent(revision, grant.RefreshAt, grant.Basis);
        if (grant.IceServers.Count > 0 || before?.RefreshAt is not null)
        {
            member.Send(new IceServersMessage(grant.IceServers));
        }
    }

    private sealed record Sent(int Revision, DateTimeOffset? RefreshAt, string Basis);
}
