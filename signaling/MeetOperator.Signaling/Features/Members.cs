using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features;

/// <summary>The members of one meeting on this replica: at most one for each participant. Belongs to the session's loop.</summary>
internal sealed class Members(MeetingMedia meetingMedia)
{
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Member> All => _members.Values;

    public Member? Find(string participantId) => _members.GetValueOrDefault(participantId);

    /// <summary>Returns false if the member left, was removed, or reconnected with another socket.</summary>
    public bool IsCurrent(Member member) => ReferenceEquals(Find(member.ParticipantId), member);

    public void Add(Member member) => _members[member.ParticipantId] = member;

    public void Remove(Member member) => _members.Remove(member.ParticipantId);

    /// <summary>Disconnects the member, if there is one, because the participant reconnected with another socket.</summary>
    public void Replace(string participantId)
    {
        if (_members.Remove(participantId, out var older))
        {
            older.Transport.Close(CloseCode.Replaced, "replaced by a newer socket");
            Detach(older, leave: false);
        }
    }

    /// <summary>Disconnects the member, if there is one, because a host removed the participant. Also removes it from the media node.</summary>
    public void Expel(string participantId)
    {
        if (_members.Remove(participantId, out var member))
        {
            member.CloseAsRemoved();
            Detach(member, leave: true);
            meetingMedia.ReleaseDirectPlace(participantId);
        }
    }

    /// <summary>Ends the member's media connection. The participant stays on the media node unless <paramref name="leave"/> is true.</summary>
    public void Detach(Member member, bool leave)
    {
        if (member.Media is { } media)
        {
            member.Media = null;
            meetingMedia.Detach(media, leave);
        }
    }

    public void CloseAll(CloseCode code, string reason)
    {
        foreach (var member in _members.Values)
        {
            member.Transport.Close(code, reason);
        }
    }

    /// <summary>Sends a message to the members who use the room. If it is lost, a later one corrects that.</summary>
    public void BroadcastIn(RoomKey room, ServerMessage message)
    {
        var frame = message.ToUtf8();
        foreach (var member in _members.Values.Where(m => meetingMedia.IsServedBy(m.ParticipantId, room)))
        {
            member.Transport.Send(frame, Lane.Droppable);
        }
    }

    /// <summary>Sends the messages to all members. A participant receives no message about its own join.</summary>
    public void Broadcast(IReadOnlyList<ServerMessage> messages, Lane lane = Lane.Required)
    {
        foreach (var message in messages)
        {
            var joined = (message as ParticipantJoinedMessage)?.Participant.ParticipantId;
            var frame = message.ToUtf8();
            foreach (var member in _members.Values.Where(m => m.ParticipantId != joined))
            {
                member.Transport.Send(frame, lane);
            }
        }
    }
}
