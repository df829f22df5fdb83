using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Features.Media;

/// <summary>Tells members whom they cannot see or hear while the link between their media node and another one of the meeting is interrupted.</summary>
internal sealed class UnreachableFeature(IMeeting meeting) : IMeetingFeature
{
    /// <summary>The participants that cannot be reached from each room, if there are any.</summary>
    private readonly Dictionary<RoomKey, IReadOnlyList<string>> _unreachable = [];

    /// <summary>The rooms whose last event named the participants that cannot be reached.</summary>
    private readonly HashSet<RoomKey> _named = [];

    /// <summary>The members who were told of somebody, and have to be told when that is over.</summary>
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public Task OnJoinedAsync(Member member, MeetingView view)
    {
        _told.Remove(member.ParticipantId); // a new socket begins with nobody
        Tell(member);
        return Task.CompletedTask;
    }

    public Task OnMemberMovedAsync(string participantId)
    {
        if (meeting.Members.Find(participantId) is { } member)
        {
            Tell(member);
        }

        return Task.CompletedTask;
    }

    public Task OnRoomsChangedAsync(RoomsChange change)
    {
        foreach (var left in change.Left)
        {
            _unreachable.Remove(left);
        }

        TellAll(meeting.Members.All);
        return Task.CompletedTask;
    }

    public Task OnRoomEventAsync(RoomKey source, RoomEvent e)
    {
        // A stream begins with the present state: what cannot be reached, if the room has had links, and then ready.
        var isAtStart = _named.Remove(source);
        if (e.Type == RoomEventTypes.Ready && !isAtStart && _unreachable.Remove(source))
        {
            TellAll(meeting.Members.All);
        }
        else if (e.Type == RoomEventTypes.Unreachable)
        {
            _named.Add(source);
        }

        if (e is not { Type: RoomEventTypes.Unreachable, Participants: { } participants } || participants.SequenceEqual(_unreachable.GetValueOrDefault(source) ?? []))
        {
            return Task.CompletedTask;
        }

        if (participants.Count > 0)
        {
            _unreachable[source] = participants;
        }
        else
        {
            _unreachable.Remove(source);
        }

        _told.RemoveWhere(participantId => meeting.Members.Find(participantId) is null); // those who have left
        TellAll(meeting.Members.All.Where(member => meeting.Media.Uses(member.ParticipantId, source) || _told.Contains(member.ParticipantId)));
        return Task.CompletedTask;
    }

    private void TellAll(IEnumerable<Member> members)
    {
        foreach (var member in members)
        {
            Tell(member);
        }
    }

    private void Tell(Member member)
    {
        var known = _unreachable.FirstOrDefault(room => meeting.Media.Uses(member.ParticipantId, room.Key)).Value ?? [];
        string[] others = [.. known.Where(participantId => participantId is not null && participantId != member.ParticipantId && meeting.Roster.Find(participantId) is not null)];
        var wasTold = others.Length > 0 ? !_told.Add(member.ParticipantId) : _told.Remove(member.ParticipantId);
        if (others.Length > 0 || wasTold)
        {
            member.Send(new UnreachableMessage(others));
        }
    }
}
