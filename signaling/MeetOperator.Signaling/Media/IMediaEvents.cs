using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>Receives what happens in the media of a meeting. Any thread may call it; it must not block.</summary>
internal interface IMediaEvents
{
    /// <summary>Handles an event that concerns more than the sessions of one member: speakers, tracks, layers, pauses, and participants that left.</summary>
    void OnRoomEvent(RoomKey source, RoomEvent roomEvent);

    /// <summary>A member uses another media node from now on.</summary>
    void OnMemberMoved(string participantId);
}
