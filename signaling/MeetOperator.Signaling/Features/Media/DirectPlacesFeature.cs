using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Features.Media;

/// <summary>
/// Keeps a place on a media node for each member whose media flows only directly, so that the operator counts them and does not take the meeting for empty. Members never wait for it
/// and are told nothing of it.
/// </summary>
internal sealed class DirectPlacesFeature(IMeeting meeting) : IMeetingFeature
{
    public Task OnJoinedAsync(Member member, MeetingView view) => Keep(view);

    public Task OnMeetingChangedAsync(MeetingView view) => Keep(view);

    public Task OnTickAsync() => meeting.View() is { } view ? Keep(view) : Task.CompletedTask;

    private Task Keep(MeetingView view)
    {
        meeting.Media.KeepDirectPlaces(view.Assignments, meeting.Members.All.Where(member => member.IsPeerToPeer).Select(member => member.ParticipantId));
        return Task.CompletedTask;
    }
}
