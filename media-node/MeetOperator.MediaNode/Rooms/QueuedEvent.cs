using MeetOperator.MediaNode.Sessions;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>An event that waits for a reader. The SDP of an offer is not written before a reader takes it.</summary>
internal sealed record QueuedEvent(RoomEvent Event, OfferSdp? Sdp = null)
{
    public RoomEvent Write() => Sdp is null ? Event : Event with { Sdp = Sdp.Text };

    public static implicit operator QueuedEvent(RoomEvent roomEvent) => new(roomEvent);
}
