using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Hub;

/// <summary>Passes what happens in the media of a meeting on to its features, on the session's loop.</summary>
internal sealed class SessionMediaEvents(MeetingSession session) : IMediaEvents
{
    public void OnRoomEvent(RoomKey source, RoomEvent roomEvent) => session.Post(() => session.Features.ForEachAsync(feature => feature.OnRoomEventAsync(source, roomEvent)));

    public void OnMemberMoved(string participantId) => session.Post(() => session.Features.ForEachAsync(feature => feature.OnMemberMovedAsync(participantId)));
}
