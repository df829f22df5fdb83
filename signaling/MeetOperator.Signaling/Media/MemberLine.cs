namespace MeetOperator.Signaling.Media;

/// <summary>
/// What the next session of a member may assume of its line (<see cref="KnownLines"/>). A client whose new socket does not resume its sessions may be on another network, unless its
/// node has failed. Its first session begins without a line. Not thread-safe.
/// </summary>
internal sealed class MemberLine(MeetingMedia media, IMediaClient client)
{
    private readonly string _participantId = client.Identity.ParticipantId;
    private bool _isUnknown = !client.Resume && !media.HasLostRoomOf(client.Identity.ParticipantId);

    /// <summary>What the line takes, in kbit/s; null if it is not known.</summary>
    public int? Kbps => _isUnknown ? null : media.FindLine(_participantId);

    /// <summary>The node has opened a session. What it reports from now on is about that one.</summary>
    public void RecordSession()
    {
        if (_isUnknown)
        {
            media.ForgetLine(_participantId);
            _isUnknown = false;
        }
    }
}
