using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// What the next session of a member may assume of its line (<see cref="KnownLines"/>). A client whose new socket does not resume its sessions may be on another network, unless its
/// node has failed, which may show only while the first session is opened. That session begins without a line. Not thread-safe.
/// </summary>
internal sealed class MemberLine(MeetingMedia media, IMediaClient client)
{
    private readonly string _participantId = client.Identity.ParticipantId;
    private bool _isNew = !client.Resume;

    /// <summary>The room that the member used before it opened this socket, or else the first one that it uses; null until then.</summary>
    private RoomKey? _room;

    /// <summary>What the line takes, in kbit/s; null if it is not known.</summary>
    public int? Kbps => IsUnknown ? null : media.FindLine(_participantId);

    private bool IsUnknown => _isNew && !(_room is not null && media.HasLost(_participantId, _room));

    /// <summary>Records the room that the member uses from now on.</summary>
    public void RecordRoom(RoomKey room)
    {
        _room ??= media.FindLastRoom(_participantId) ?? room;
        media.RecordRoom(_participantId, room);
    }

    /// <summary>The node has opened a session. What it reports from now on is about that one.</summary>
    public void RecordSession()
    {
        if (IsUnknown)
        {
            media.ForgetLine(_participantId);
        }

        _isNew = false;
    }
}
