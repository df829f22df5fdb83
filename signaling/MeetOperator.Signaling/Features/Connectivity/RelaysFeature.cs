using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Turn;

namespace MeetOperator.Signaling.Features.Connectivity;

/// <summary>
/// Gives members credentials for relays (TURN): when they enter, with every new socket, before their credentials end, and when the relays have changed. Whoever is not in the meeting gets
/// none: allocations of a relay are limited, and all who have a credential share them.
/// </summary>
internal sealed class RelaysFeature(IMeeting meeting, TurnPools pools) : IMeetingFeature
{
    /// <summary>What each member got last.</summary>
    private readonly Dictionary<string, Sent> _sent = new(StringComparer.Ordinal);

    public Task OnEnteredAsync(Member member, MeetingView view)
    {
        Send(member, view);
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
                Send(member, view);
            }
        }

        return Task.CompletedTask;
    }

    private bool IsDue(Member member) =>
        _sent.GetValueOrDefault(member.ParticipantId) is not { } sent || sent.Revision != pools.Revision || sent.RefreshAt <= meeting.Time.GetUtcNow();

    private void Send(Member member, MeetingView view)
    {
        var revision = pools.Revision;
        var grant = pools.Issue(view, member.ParticipantId, member.Identity.Region);
        var hadSome = _sent.GetValueOrDefault(member.ParticipantId)?.RefreshAt is not null;
        _sent[member.ParticipantId] = new Sent(revision, grant.RefreshAt);
        if (grant.IceServers.Count > 0 || hadSome)
        {
            member.Send(new IceServersMessage(grant.IceServers));
        }
    }

    private sealed record Sent(int Revision, DateTimeOffset? RefreshAt);
}
