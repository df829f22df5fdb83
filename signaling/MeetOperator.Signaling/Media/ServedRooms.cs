using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Media;

/// <summary>The rooms of a meeting on media nodes, with the assignments that they come from. Immutable.</summary>
internal sealed record ServedRooms(IReadOnlyList<MediaAssignment> Assignments, IReadOnlyList<AssignedRoom> Rooms)
{
    public static readonly ServedRooms None = new([], []);

    public RoomClient? Find(RoomKey? room) => Rooms.FirstOrDefault(known => known.Client.Key == room)?.Client;
}
